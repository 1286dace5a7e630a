package deb

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestRemembered has a package kept as JSON and used again.
func TestRemembered(t *testing.T) {
	path := example("xz").Write(t, t.TempDir())
	opened, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(opened.Facts())
	if err != nil {
		t.Fatal(err)
	}
	var f Facts
	if err := json.Unmarshal(kept, &f); err != nil {
		t.Fatal(err)
	}
	sum := sumOf(t, path)
	p, err := Remembered(path, f, Options{Want: Want{Name: "demo", SHA256: sum}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(opened, p, cmpopts.IgnoreUnexported(Package{})); diff != "" {
		t.Error(diff)
	}
	if err := p.Each(t.Context(), ignore); err != nil {
		t.Error(err)
	}
	if _, err := Remembered(path, f, Options{}); err == nil {
		t.Error("a package whose SHA-256 isn't known was remembered")
	}
	var mismatch *MismatchError
	if _, err := Remembered(path, f, Options{Want: Want{Name: "other", SHA256: sum}}); !errors.As(err, &mismatch) {
		t.Errorf("another name: %v", err)
	}
	gone, err := Remembered(filepath.Join(t.TempDir(), "gone.deb"), f, Options{Want: Want{SHA256: sum}})
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Each(t.Context(), ignore); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is gone: %v", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, "_more           0           0     0     100644  0         `\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := p.Each(t.Context(), ignore); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("another file: %v", err)
	}
}

// TestVerify refuses another file before anything of it is believed.
func TestVerify(t *testing.T) {
	path := example("xz").Write(t, t.TempDir())
	if _, err := Open(t.Context(), path, Options{Verify: true, Want: Want{SHA256: sumOf(t, path)}}); err != nil {
		t.Error(err)
	}
	var mismatch *MismatchError
	if _, err := Open(t.Context(), path, Options{Verify: true, Want: Want{SHA256: strings.Repeat("0", 64)}}); !errors.As(err, &mismatch) {
		t.Errorf("error %v", err)
	}
}

func sumOf(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}
