package smoke

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTail(t *testing.T) {
	for _, tt := range []struct {
		limit   int
		writes  []string
		want    string
		dropped int64
	}{
		{10, []string{"abc"}, "abc", 0},
		{10, []string{"01234", "56789"}, "0123456789", 0},
		{4, []string{"abc", "def"}, "cdef", 2},
		{4, []string{"a", "bcdefghij", "k"}, "hijk", 7},
		{8, []string{"first\nsecond\n"}, "second\n", 5},
		{4, []string{"\xffa"}, "\ufffda", 0},
	} {
		log := newTail(tt.limit)
		for _, w := range tt.writes {
			if n, err := log.Write([]byte(w)); n != len(w) || err != nil {
				t.Fatal(n, err)
			}
		}
		if log.String() != tt.want || log.Dropped() != tt.dropped {
			t.Errorf("%q: kept %q, dropped %d; want %q, %d", tt.writes, log.String(), log.Dropped(), tt.want, tt.dropped)
		}
	}
}

// FuzzTail: whatever the pieces, the end of the whole is kept.
func FuzzTail(f *testing.F) {
	f.Add([]byte("hello\nworld"), 4, 3)
	f.Add(bytes.Repeat([]byte("ab\n"), 50), 16, 5)
	f.Fuzz(func(t *testing.T, data []byte, limit, piece int) {
		if limit < 1 || limit > 1<<16 || piece < 1 {
			return
		}
		log := newTail(limit)
		for rest := data; len(rest) > 0; {
			n := min(piece, len(rest))
			_, _ = log.Write(rest[:n])
			rest = rest[n:]
		}
		end := data[max(0, len(data)-limit):]
		if got := append(bytes.Clone(log.buf[log.next:]), log.buf[:log.next]...); !bytes.Equal(got, end) {
			t.Fatalf("kept %q of %q", got, data)
		}
		if log.Dropped() != int64(len(data)-len(end)) {
			t.Fatalf("dropped %d of %d with limit %d", log.Dropped(), len(data), limit)
		}
	})
}

func importRun(modules ...string) *run {
	return &run{
		opt:    Options{Name: "i", Imports: modules, Timeout: defaultTimeout, Progress: func(Event) {}},
		log:    newTail(100),
		result: &Result{},
	}
}

// pretend is an interpreter: modules that begin with x crash it, with e fail.
func pretend(_ context.Context, args []string, w io.Writer) (uint32, error) {
	for _, m := range args[3:] {
		fmt.Fprintf(w, `{"module": %q}`+"\n", m)
		if m[0] == 'x' {
			return 139, nil
		}
		text := ""
		if m[0] == 'e' {
			text = "ImportError: " + m + `\nmore`
		}
		fmt.Fprintf(w, `noise`+"\n"+`{"module": %q, "done": true, "error": "%s"}`+"\n", m, text)
	}
	return 0, nil
}

func TestImportAll(t *testing.T) {
	r := importRun("a", "x1", "e1", "x2", "b")
	err := r.importAll(t.Context(), pretend)
	want := []ImportResult{
		{Module: "a"},
		{Module: "x1", Error: "the interpreter was killed by SIGSEGV"},
		{Module: "e1", Error: "ImportError: e1"},
		{Module: "x2", Error: "the interpreter was killed by SIGSEGV"},
		{Module: "b"},
	}
	if diff := cmp.Diff(want, r.result.Imports, cmpopts.IgnoreFields(ImportResult{}, "Wall")); diff != "" {
		t.Error(diff)
	}
	if failed, ok := errors.AsType[*ImportError](err); !ok || len(failed.Failed) != 3 {
		t.Errorf("error %v, want three failures", err)
	}
	if err := importRun("a", "b").importAll(t.Context(), pretend); err != nil {
		t.Error(err)
	}
}

// TestImportAllEntrypointEnds: what an ending entrypoint took along is imported again.
func TestImportAllEntrypointEnds(t *testing.T) {
	r, n := importRun("a", "b", "e1"), 0
	err := r.importAll(t.Context(), func(ctx context.Context, args []string, w io.Writer) (uint32, error) {
		if n++; n == 1 {
			fmt.Fprintln(w, `{"module": "a"}`+"\n"+`{"module": "a", "done": true}`+"\n"+`{"module": "b"}`)
			return 0, errEnded
		}
		return pretend(ctx, args, w)
	})
	want := []ImportResult{{Module: "a"}, {Module: "b"}, {Module: "e1", Error: "ImportError: e1"}}
	if diff := cmp.Diff(want, r.result.Imports, cmpopts.IgnoreFields(ImportResult{}, "Wall")); diff != "" {
		t.Error(diff)
	}
	if _, ok := errors.AsType[*ImportError](err); !ok {
		t.Errorf("error %v, want an ImportError", err)
	}
}

func TestImportAllErrors(t *testing.T) {
	silent := func(context.Context, []string, io.Writer) (uint32, error) { return 127, nil }
	if err := importRun("a").importAll(t.Context(), silent); err == nil || !strings.Contains(err.Error(), "status 127 before importing anything") {
		t.Errorf("error %v for a missing interpreter", err)
	}
	slow := importRun("a", "b")
	short, stop := context.WithTimeoutCause(t.Context(), 1, errTimeUp)
	defer stop()
	err := slow.importAll(short, func(ctx context.Context, _ []string, w io.Writer) (uint32, error) {
		fmt.Fprintln(w, `{"module": "a"}`)
		<-ctx.Done()
		return 0, ctx.Err()
	})
	if timeout, ok := errors.AsType[*TimeoutError](err); !ok || !strings.Contains(timeout.What, `"a"`) {
		t.Errorf("error %v, want a TimeoutError that names the module", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = importRun("a").importAll(ctx, func(ctx context.Context, _ []string, _ io.Writer) (uint32, error) { return 0, ctx.Err() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want cancelled", err)
	}
}

// FuzzImportLines: lines in any pieces give the same results.
func FuzzImportLines(f *testing.F) {
	f.Add([]byte(`{"module": "a"}`+"\n"+`{"module": "a", "done": true, "error": "x\ny"}`+"\n"), 3)
	f.Add([]byte("{}\n\n[1]\n"), 1)
	f.Fuzz(func(t *testing.T, data []byte, piece int) {
		if piece < 1 {
			return
		}
		whole, pieces := &importLines{progress: func(Event) {}}, &importLines{progress: func(Event) {}}
		_, _ = whole.Write(data)
		for rest := data; len(rest) > 0; {
			n := min(piece, len(rest))
			_, _ = pieces.Write(rest[:n])
			rest = rest[n:]
		}
		a, ca := whole.results()
		b, cb := pieces.results()
		if diff := cmp.Diff(a, b, cmpopts.IgnoreFields(ImportResult{}, "Wall")); diff != "" || ca != cb {
			t.Fatal(diff, ca, cb)
		}
	})
}
