package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

var errBroken = errors.New("connection broken")

// archive gives out files, each after its faults.
type archive struct {
	mu     sync.Mutex
	files  map[string][]byte
	faults map[string][]func(whole []byte, from int64) (io.Reader, int64, error)
	asked  []string
}

func (a *archive) open(_ context.Context, root, name string, from int64) (io.ReadCloser, int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := root + name
	a.asked = append(a.asked, fmt.Sprintf("%s+%d", at, from))
	data, ok := a.files[at]
	if !ok {
		return nil, 0, errors.New("not found")
	}
	if f := a.faults[at]; len(f) > 0 {
		a.faults[at] = f[1:]
		r, offset, err := f[0](data, from)
		if err != nil {
			return nil, 0, err
		}
		return io.NopCloser(r), offset, nil
	}
	return io.NopCloser(bytes.NewReader(data[from:])), from, nil
}

func content(seed byte) []byte { return bytes.Repeat([]byte{seed, 1, 2, 3}, 300_000) }

func deb(name string, data []byte, archives ...string) Deb {
	return Deb{Name: name, Version: "1", Archives: archives, Filename: "pool/" + name + "_1_arm64.deb", Size: int64(len(data)), SHA256: sha256.Sum256(data)}
}

func options(t *testing.T, a *archive) Options {
	t.Helper()
	return Options{
		Dir: filepath.Join(t.TempDir(), "debs"), Open: a.open, Backoff: time.Millisecond,
		Temporary: func(err error) bool { return errors.Is(err, errBroken) || errors.Is(err, io.ErrUnexpectedEOF) },
	}
}

// cut breaks the connection after n bytes.
func cut(n int) func([]byte, int64) (io.Reader, int64, error) {
	return func(whole []byte, from int64) (io.Reader, int64, error) {
		return io.MultiReader(bytes.NewReader(whole[from:from+int64(n)]), iotest.ErrReader(errBroken)), from, nil
	}
}

// again begins at the beginning, whatever was asked for.
func again(whole []byte, _ int64) (io.Reader, int64, error) { return bytes.NewReader(whole), 0, nil }

// wrong gives out other bytes of the same number.
func wrong(whole []byte, from int64) (io.Reader, int64, error) {
	return bytes.NewReader(bytes.Repeat([]byte{9}, len(whole)-int(from))), from, nil
}

// long gives out more than there should be.
func long(whole []byte, from int64) (io.Reader, int64, error) {
	return io.MultiReader(bytes.NewReader(whole[from:]), strings.NewReader("more")), from, nil
}

func refuse([]byte, int64) (io.Reader, int64, error) { return nil, 0, errBroken }

func TestDebs(t *testing.T) {
	data := content(7)
	for _, tt := range []struct {
		name   string
		faults []func([]byte, int64) (io.Reader, int64, error)
		other  []byte // what a second archive has
		want   string
		asked  int
	}{
		{name: "at once", asked: 1},
		{name: "broken twice", faults: []func([]byte, int64) (io.Reader, int64, error){cut(1000), cut(1 << 20)}, asked: 3},
		{name: "begins anew", faults: []func([]byte, int64) (io.Reader, int64, error){cut(1000), again}, asked: 2},
		{name: "pieces don't match", faults: []func([]byte, int64) (io.Reader, int64, error){cut(1000), wrong}, asked: 3},
		{name: "wrong", faults: []func([]byte, int64) (io.Reader, int64, error){wrong}, want: "its SHA-256 is", asked: 1},
		{name: "wrong, right elsewhere", faults: []func([]byte, int64) (io.Reader, int64, error){wrong}, other: data, asked: 2},
		{name: "more bytes than the lock has", faults: []func([]byte, int64) (io.Reader, int64, error){long}, asked: 1},
		{name: "down", faults: []func([]byte, int64) (io.Reader, int64, error){refuse, refuse, refuse, refuse, refuse}, want: "connection broken", asked: 5},
		{name: "for ever a byte", faults: []func([]byte, int64) (io.Reader, int64, error){cut(1), cut(1), cut(1), cut(1), cut(1), cut(1), cut(1)}, want: "connection broken", asked: 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &archive{files: map[string][]byte{"a:pool/x_1_arm64.deb": data}, faults: map[string][]func([]byte, int64) (io.Reader, int64, error){"a:pool/x_1_arm64.deb": tt.faults}}
			d := deb("x", data, "a:")
			if tt.other != nil {
				a.files["b:pool/x_1_arm64.deb"] = tt.other
				d.Archives = append(d.Archives, "b:")
			}
			opt := options(t, a)
			got, err := Debs(t.Context(), []Deb{d}, opt)
			if len(a.asked) != tt.asked {
				t.Errorf("asked %v", a.asked)
			}
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "x_1_arm64.deb") {
					t.Errorf("got %v", err)
				}
				wantNames(t, opt.Dir, ".part")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if b, err := os.ReadFile(got[0].Source.Path); err != nil || !bytes.Equal(b, data) {
				t.Errorf("read %d bytes, %v", len(b), err)
			}
			wantNames(t, opt.Dir, "x_1_arm64.deb")
		})
	}
}

// wantNames wants one file in the directory, with the suffix.
func wantNames(t *testing.T, dir, suffix string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 || !strings.HasSuffix(list[0].Name(), suffix) {
		t.Errorf("there are %v, %v", list, err)
	}
}

// TestThere asks for nothing that is there, and sets aside what isn't the lock's.
func TestThere(t *testing.T) {
	x, y := content(1), content(2)
	a := &archive{files: map[string][]byte{"a:pool/x_1_arm64.deb": x, "a:pool/y_1_arm64.deb": y}}
	opt := options(t, a)
	var notes []string
	opt.Progress = func(e Event) {
		if e.Note != "" {
			notes = append(notes, e.Note)
		}
	}
	list := []Deb{deb("x", x, "a:"), deb("y", y, "a:")}
	if _, err := Debs(t.Context(), list, opt); err != nil {
		t.Fatal(err)
	}
	a.asked = nil
	opt.Open = nil
	if got, err := Debs(t.Context(), list, opt); err != nil || len(got) != 2 || got[1].Source.SHA256 != list[1].SHA256 || got[0].Received != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	mine := filepath.Join(opt.Dir, "x_1_arm64.deb")
	if err := os.WriteFile(mine, []byte("rebuilt"), 0o644); err != nil {
		t.Fatal(err)
	}
	var missing *MissingError
	if _, err := Debs(t.Context(), list, opt); !errors.As(err, &missing) || len(missing.Files) != 1 {
		t.Errorf("got %v", err)
	}
	opt.Open = a.open
	if _, err := Debs(t.Context(), list, opt); err != nil {
		t.Fatal(err)
	}
	aside, _ := filepath.Glob(mine + ".*")
	if len(aside) != 1 || len(notes) != 1 {
		t.Fatalf("set aside: %v, notes %v", aside, notes)
	}
	if b, err := os.ReadFile(aside[0]); err != nil || string(b) != "rebuilt" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestTwoAtOnce has two runs bring the same packages.
func TestTwoAtOnce(t *testing.T) {
	data := content(3)
	a := &archive{files: map[string][]byte{"a:pool/x_1_arm64.deb": data}}
	opt := options(t, a)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := Debs(t.Context(), []Deb{deb("x", data, "a:")}, opt); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(a.asked) != 1 {
		t.Errorf("asked %v", a.asked)
	}
	wantNames(t, opt.Dir, "x_1_arm64.deb")
}

// TestLaterRun goes on where a run that was interrupted ended.
func TestLaterRun(t *testing.T) {
	data := content(4)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("interrupted")
	a := &archive{files: map[string][]byte{"a:pool/x_1_arm64.deb": data}}
	a.faults = map[string][]func([]byte, int64) (io.Reader, int64, error){"a:pool/x_1_arm64.deb": {func(whole []byte, from int64) (io.Reader, int64, error) {
		return io.MultiReader(bytes.NewReader(whole[:5000]), readFunc(func([]byte) (int, error) { cancel(stop); return 0, errBroken })), from, nil
	}}}
	opt := options(t, a)
	if _, err := Debs(ctx, []Deb{deb("x", data, "a:")}, opt); !errors.Is(err, stop) {
		t.Fatalf("got %v", err)
	}
	if _, err := Debs(t.Context(), []Deb{deb("x", data, "a:")}, opt); err != nil {
		t.Fatal(err)
	}
	if len(a.asked) != 2 || !strings.HasSuffix(a.asked[1], "+5000") {
		t.Errorf("asked %v", a.asked)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
