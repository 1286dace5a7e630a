//go:build unix

package cache

import (
	"fmt"
	"os"
	"syscall"
)

// checkPrivate refuses a directory that others may have planted things in: one
// that is a symbolic link, that is neither ours nor root's, or that others can
// write.
func checkPrivate(dir string) error {
	fi, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !fi.IsDir() {
		return fmt.Errorf("%q is not a directory", dir)
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok && st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%q belongs to the user %d", dir, st.Uid)
	}
	if fi.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%q can be written by others (mode %#o)", dir, fi.Mode().Perm())
	}
	return nil
}
