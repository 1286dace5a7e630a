//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package cache

import (
	"fmt"
	"os"
)

const (
	canLock  = false
	noFollow = 0
)

// flock does nothing: without locks, sessions go by their age, and a file that
// is pruned while it is being added is a miss later.
func flock(*os.File, bool) error { return nil }

// checkPrivate refuses what is not a directory of its own.
func checkPrivate(dir string) error {
	fi, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !fi.IsDir() {
		return fmt.Errorf("%q is not a directory", dir)
	}
	return nil
}
