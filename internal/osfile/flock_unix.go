//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package osfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// flock takes a lock by flock(2), which lasts as long as the file is open,
// however the process ends. It returns [ErrLocked] where another has it and
// wait is false, and an error that wraps [errors.ErrUnsupported] where the file
// system has no locks, as some on a network.
func flock(f *os.File, wait bool) error {
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	for {
		err := syscall.Flock(int(f.Fd()), how)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		case errors.Is(err, syscall.ENOLCK):
			err = fmt.Errorf("%w (%w)", errors.ErrUnsupported, err)
		}
		return &fs.PathError{Op: "flock", Path: f.Name(), Err: err}
	}
}
