//go:build darwin || freebsd || netbsd

package osfile

import (
	"io/fs"
	"syscall"
)

// stat returns a file's inode number and the time of its last change (stat(2)).
func stat(fi fs.FileInfo) (inode uint64, changed int64) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0
	}
	return st.Ino, st.Ctimespec.Nano()
}
