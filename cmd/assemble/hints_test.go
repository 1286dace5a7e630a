package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestHintOfAFullDisk is no script: those have no disk of their own to fill.
func TestHintOfAFullDisk(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		err := fmt.Errorf("writing OCI layout: %w", &os.PathError{Op: "write", Path: "out", Err: cause})
		if got := hint(err); !strings.Contains(got, "free some space") {
			t.Errorf("%v: %q", cause, got)
		}
	}
}
