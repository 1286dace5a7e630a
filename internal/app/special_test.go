//go:build unix

package app

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSpecialFiles(t *testing.T) {
	dir := build(t, t.TempDir(), "x 1")
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir) // the path of a socket is short
	l, err := net.Listen("unix", "sock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_, err = Walk(t.Context(), dir, "/a", Options{Name: "src"})
	for _, want := range []string{`"src/pipe" is a pipe`, `"src/sock" is a socket`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if _, err = Walk(t.Context(), filepath.Join(dir, "pipe"), "/a", Options{}); err == nil || !strings.Contains(err.Error(), "is a pipe") {
		t.Error(err)
	}
}

// TestPipeInPlaceOfAFile would hang if opening waited for a writer.
func TestPipeInPlaceOfAFile(t *testing.T) {
	dir := build(t, t.TempDir(), "file data")
	tree := walk(t, dir, "/a", Options{})
	p := filepath.Join(dir, "file")
	if err := swap(p, func() error { return syscall.Mkfifo(p, 0o600) }); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	file := entries(t, tree)[1]
	go func() {
		_, err := file.Open()
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a pipe is taken for the file")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("opening hangs")
	}
}

func TestUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("skipped: root can read anything")
	}
	dir := build(t, t.TempDir(), "file data")
	if err := os.Chmod(filepath.Join(dir, "file"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Walk(t.Context(), dir, "/a", Options{Name: "src"}); err == nil || !strings.Contains(err.Error(), `"src/file": permission denied`) {
		t.Error(err)
	}
}
