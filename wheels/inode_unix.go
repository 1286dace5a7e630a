//go:build unix

package wheels

import (
	"io/fs"
	"syscall"
)

// inode returns the file's inode number, or 0 where there is none.
func inode(fi fs.FileInfo) uint64 {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}
