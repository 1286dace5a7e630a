package wheels_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
)

func TestVerifyContent(t *testing.T) {
	w := open(t, wheeltest.Wheel{Name: "demo", Version: "1", Files: []file{{Name: "a", Data: []byte("x")}, {Name: "d/"}, {Name: "b", Stored: true, Data: []byte("y")}}})[0]
	if err := w.VerifyContent(t.Context()); err != nil {
		t.Error(err)
	}
	lie := func(h *wheeltest.Header) { h.CRC32++ }
	w = open(t, wheeltest.Wheel{
		Name: "demo", Version: "1",
		Files:  []file{{Name: "a", Data: []byte("x")}, {Name: "b", Data: []byte("y"), Local: lie, Central: lie}},
		Record: func(rows []string) []string { rows[0] = "a," + wheeltest.Hash([]byte("z")) + ",1"; return rows },
	})[0]
	err := w.VerifyContent(t.Context())
	want := `verifying wheel "demo-1-py3-none-any.whl": "a" does not match its digest in RECORD` + "\n" +
		`verifying wheel "demo-1-py3-none-any.whl": "b": the content does not have the declared CRC-32`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want\n%s", err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.VerifyContent(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a cancellation", err)
	}
}

// TestChangedWheel holds that a wheel that changes after it was opened is
// noticed wherever it is read again.
func TestChangedWheel(t *testing.T) {
	w := open(t, wheeltest.Wheel{Name: "demo", Version: "1", Files: []file{{Name: "demo-1.data/scripts/run", Data: []byte("#!python\n")}}})[0]
	b, err := os.ReadFile(w.Source.Path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2]++
	if err := os.Remove(w.Source.Path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.Source.Path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Entries(image); !errors.Is(err, layers.ErrSourceChanged) {
		t.Errorf("Entries: %v", err)
	}
	if err := w.VerifyContent(t.Context()); !errors.Is(err, layers.ErrSourceChanged) {
		t.Errorf("VerifyContent: %v", err)
	}
}

// TestLongContinuation holds that a field of very many lines takes time in
// proportion to its length.
func TestLongContinuation(t *testing.T) {
	m, err := wheels.ParseMetadata("Name: a\nVersion: 1\nLicense: x\n" + strings.Repeat(" y\n", 2<<20))
	if err != nil || len(m.License) != 1+2*(2<<20) {
		t.Errorf("%d bytes, %v", len(m.License), err)
	}
}
