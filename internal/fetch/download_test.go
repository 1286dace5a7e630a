package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/wheels/requirements"
)

const fileSize = 1 << 20

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func TestFaultsOfADownload(t *testing.T) {
	body := noise(pure, fileSize)
	flipped := append([]byte(nil), body...)
	flipped[fileSize/2] ^= 1
	send := func(b []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }
	}
	ranged := func(first int, b []byte, size int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, first+len(b)-1, size))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(b)
		}
	}
	slow := func(w http.ResponseWriter, r *http.Request) {
		for i := 0; r.Context().Err() == nil; i++ {
			_, _ = w.Write(body[i : i+1])
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	}
	const half = fileSize / 2
	for _, tt := range []struct {
		name     string
		faults   func(s *server) []http.HandlerFunc
		requests string // ranges asked for, in order; "-" is the whole file
		corrupt  bool
		err      string
	}{
		{name: "none", requests: "-"},
		{name: "503", faults: func(*server) []http.HandlerFunc { return []http.HandlerFunc{status(503), status(500)} }, requests: "- - -"},
		{name: "cut off", faults: func(s *server) []http.HandlerFunc { return []http.HandlerFunc{s.short(pure, half)} }, requests: "- 524288"},
		{name: "cut off at the very end", faults: func(s *server) []http.HandlerFunc { return []http.HandlerFunc{s.short(pure, fileSize)} }, requests: "-"},
		{name: "cut off twice", faults: func(s *server) []http.HandlerFunc {
			return []http.HandlerFunc{s.short(pure, half), ranged(half, body[half:half+10], fileSize)}
		}, requests: "- 524288 524298"},
		{name: "200 to a range", faults: func(s *server) []http.HandlerFunc { return []http.HandlerFunc{s.short(pure, half), send(body)} }, requests: "- 524288"},
		{name: "another range", faults: func(s *server) []http.HandlerFunc {
			return []http.HandlerFunc{s.short(pure, half), ranged(half-1, body[half-1:], fileSize)}
		}, requests: "- 524288", err: "got a different range"},
		{name: "416 to a range", faults: func(s *server) []http.HandlerFunc { return []http.HandlerFunc{s.short(pure, half), status(416)} }, requests: "- 524288 -"},
		{name: "flipped first half", faults: func(s *server) []http.HandlerFunc {
			return []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(fileSize))
				_, _ = w.Write(flipped[:half+1])
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}}
		}, requests: "- 524289 -"},
		{name: "flipped", faults: func(*server) []http.HandlerFunc { return []http.HandlerFunc{send(flipped)} }, requests: "-", corrupt: true, err: "got sha256:" + digestOf(flipped)},
		{name: "flipped every time", faults: func(s *server) []http.HandlerFunc {
			return []http.HandlerFunc{s.short(pure, half), ranged(half, flipped[half:], fileSize), send(flipped), send(flipped)}
		}, requests: "- 524288 -", corrupt: true, err: "got sha256:" + digestOf(flipped)},
		{name: "too long", faults: func(*server) []http.HandlerFunc { return []http.HandlerFunc{send(append(body, 1))} }, requests: "-", corrupt: true, err: "limit of 1048576 bytes exceeded"},
		{name: "too short", faults: func(*server) []http.HandlerFunc { return []http.HandlerFunc{send(body[:100])} }, requests: "-", corrupt: true, err: "100 bytes"},
		{name: "gone", faults: func(*server) []http.HandlerFunc { return []http.HandlerFunc{status(404)} }, requests: "-", err: "not found (HTTP 404)"},
		{name: "slow", faults: func(*server) []http.HandlerFunc { return []http.HandlerFunc{slow} }, requests: "- n"},
		{name: "rate limited for good", faults: func(*server) []http.HandlerFunc {
			return []http.HandlerFunc{status(429), status(429), status(429), status(429), status(429)}
		}, requests: "- - - -", err: "rate limited"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.files[pure] = body
			s.page("demo", pure)
			if tt.faults != nil {
				s.fault(pure, tt.faults(s)...)
			}
			opt := index.Options{Tries: 4}
			if tt.name == "slow" {
				opt.Stall = 200 * time.Millisecond
			}
			r := newRun(t, opt, s)
			got, err := r.fetch(pin(t, "demo", "1.0", body))
			var corrupt *CorruptError
			if errors.As(err, &corrupt) != tt.corrupt || (tt.err == "") != (err == nil) || tt.err != "" && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
			if err == nil {
				if diff := cmp.Diff(map[string]string{pure: digestOf(body)}, r.wheelhouse(t)); diff != "" {
					t.Errorf("%d files", len(r.wheelhouse(t)))
				}
				if got[0].SHA256 != digestOf(body) {
					t.Errorf("sha256 %s", got[0].SHA256)
				}
			}
			for name := range r.wheelhouse(t) {
				if err != nil && !strings.HasPrefix(name, partPrefix) || tt.corrupt {
					t.Errorf("%q was left", name)
				}
			}
			if ranges := rangesOf(s.requests()); !sameRanges(ranges, tt.requests) {
				t.Errorf("requests: %q, want %q", ranges, tt.requests)
			}
		})
	}
}

// rangesOf shortens a log to the offsets asked for.
func rangesOf(log string) string {
	var out []string
	for _, line := range strings.Split(log, ", ") {
		_, r, ok := strings.Cut(line, "bytes=")
		if !ok {
			r = "-"
		}
		out = append(out, strings.TrimSuffix(r, "-"))
	}
	for i, r := range out {
		if r == "" {
			out[i] = "-"
		}
	}
	return strings.Join(out, " ")
}

// sameRanges compares offsets, of which "n" is any.
func sameRanges(got, want string) bool {
	a, b := strings.Fields(got), strings.Fields(want)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && (b[i] != "n" || a[i] == "-") {
			return false
		}
	}
	return true
}

func TestAPartOfAnotherVersionIsDropped(t *testing.T) {
	s := newServer(t)
	s.files[pure] = noise("old", fileSize)
	body := noise("new", fileSize)
	s.page("demo", fmt.Sprintf(`%s|,"hashes":{"sha256":%q}`, pure, digestOf(body)))
	s.fault(pure, s.short(pure, 1000), func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-Range") == "" {
			t.Error("no If-Range")
		}
		s.files[pure] = body
		s.serveFile(w, r)
	})
	r := newRun(t, index.Options{}, s)
	got, err := r.fetch(pin(t, "demo", "1.0", body))
	if err != nil || got[0].Received != fileSize+1000 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTwoAtOnceFetchOnce(t *testing.T) {
	s := newServer(t)
	s.files[pure] = noise(pure, fileSize)
	s.page("demo", pure)
	s.between = func() { time.Sleep(300 * time.Millisecond) }
	r := newRun(t, index.Options{}, s)
	p := pin(t, "demo", "1.0", s.files[pure])
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := Wheels(context.Background(), []requirements.Pin{p}, r.opt); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if log := s.requests(); log != pure {
		t.Errorf("requests: %s", log)
	}
	if diff := cmp.Diff(map[string]string{pure: digestOf(s.files[pure])}, r.wheelhouse(t)); diff != "" {
		t.Error("the wheelhouse has something else")
	}
}

func TestAWheelhouseThatCantBeWritten(t *testing.T) {
	s := newServer(t)
	s.files[pure] = noise(pure, 10)
	s.page("demo", pure)
	r := newRun(t, index.Options{}, s)
	p := pin(t, "demo", "1.0", s.files[pure])
	if err := os.WriteFile(r.opt.Dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.fetch(p); err == nil || !strings.Contains(err.Error(), "making the wheelhouse") {
		t.Errorf("a file in its place: %v", err)
	}
	if err := os.Remove(r.opt.Dir); err != nil {
		t.Fatal(err)
	}
	f, err := newFetcher(r.opt)
	if err != nil {
		t.Fatal(err)
	}
	// What is in the place of the part is neither followed nor replaced.
	part := f.partPath(pure, []string{"sha256:" + digestOf(s.files[pure])})
	if err := os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), part); err != nil {
		t.Skip(err)
	}
	if _, err := r.fetch(p); err == nil || !strings.Contains(err.Error(), "writing wheel") {
		t.Errorf("a link in the place of the part: %v", err)
	}
}

func TestAFullDiskIsNoReasonToTryAgain(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	s := newServer(t)
	s.files[pure] = noise(pure, 10)
	s.page("demo", pure)
	r := newRun(t, index.Options{}, s)
	f, err := newFetcher(r.opt)
	if err != nil {
		t.Fatal(err)
	}
	src, err := f.locate(context.Background(), pin(t, "demo", "1.0", s.files[pure]))
	if err != nil {
		t.Fatal(err)
	}
	p, err := openPart(context.Background(), f.partPath(pure, src.want), src.want)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Part = osfile.NewPart(full, p.path, p.sum)
	err = (&download{fetcher: f, source: src, part: p}).run(context.Background())
	if err == nil || !strings.Contains(err.Error(), `writing wheel "`+pure) || !strings.Contains(err.Error(), "no space left") || s.requests() != pure {
		t.Errorf("got %v", err)
	}
}

func TestOldPartsAreRemoved(t *testing.T) {
	s := newServer(t)
	s.files[pure] = noise(pure, 10)
	s.page("demo", pure)
	r := newRun(t, index.Options{}, s)
	if err := os.MkdirAll(r.opt.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-osfile.PartLife - time.Hour)
	for name, when := range map[string]time.Time{".assemble-a.part": old, ".assemble-a.from": old, ".assemble-b.part": time.Now(), ".other.part": old, "x.part": old} {
		path := filepath.Join(r.opt.Dir, name)
		if err := errors.Join(os.WriteFile(path, []byte("x"), 0o600), os.Chtimes(path, when, when)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.fetch(pin(t, "demo", "1.0", s.files[pure])); err != nil {
		t.Fatal(err)
	}
	x := digestOf([]byte("x"))
	want := map[string]string{".assemble-b.part": x, ".other.part": x, "x.part": x, pure: digestOf(s.files[pure])}
	if diff := cmp.Diff(want, r.wheelhouse(t)); diff != "" {
		t.Error(diff)
	}
}
