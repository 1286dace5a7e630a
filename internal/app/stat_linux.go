package app

import (
	"io/fs"
	"syscall"
)

// nonBlock keeps the opening of a pipe from waiting for a writer.
const nonBlock = syscall.O_NONBLOCK

// inode returns what a rewritten file can't keep the same: its inode number
// and the time its status was changed, in nanoseconds since 1970.
func inode(fi fs.FileInfo) (ino uint64, ctime int64) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0
	}
	return st.Ino, st.Ctim.Nano()
}
