//go:build unix

package layers

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
)

// A pipe in a wheel's place would be waited for until somebody writes to it.
func TestSourceThatBecameAPipe(t *testing.T) {
	source, _ := newWheel(t, "a.whl", mixed(1, 3, 1000)...)
	check(t, os.Remove(source.Path))
	check(t, syscall.Mkfifo(source.Path, 0o600))
	done := make(chan error, 1)
	go func() {
		_, err := source.Open()
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, ErrSourceChanged) {
			t.Errorf("got %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it waits")
	}
}
