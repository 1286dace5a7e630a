//go:build unix

package pipeline_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A pipe that a lock includes would be waited for until somebody writes to it.
func TestALockThatIncludesAPipe(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(5*time.Second, func() { // ends the wait
		if fd, err := syscall.Open(filepath.Join(dir, "pipe"), syscall.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			_ = syscall.Close(fd)
		}
	})
	if _, err := plan(t, dir, "-r pipe\n"); err == nil || !strings.Contains(err.Error(), "it is not a regular file") {
		t.Errorf("got %v", err)
	}
}
