//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package osfile

import (
	"errors"
	"io/fs"
	"os"
)

// flock fails: there are no locks on this platform.
func flock(f *os.File, _ bool) error {
	return &fs.PathError{Op: "flock", Path: f.Name(), Err: errors.ErrUnsupported}
}
