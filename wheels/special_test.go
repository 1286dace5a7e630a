//go:build unix

package wheels

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A pipe with a wheel's name would be waited for until somebody writes to it.
func TestSpecialFilesAreNotOpened(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "demo-1.0-py3-none-any.whl")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() error{
		"Open":     func() error { _, err := Open(pipe, Options{}); return err },
		"Identify": func() error { _, err := Identify(pipe, Options{}); return err },
	} {
		done := make(chan error, 1)
		go func() { done <- open() }()
		select {
		case err := <-done:
			if err == nil || !strings.Contains(err.Error(), `"demo-1.0-py3-none-any.whl": it is not a regular file`) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s waits", name)
		}
	}
}
