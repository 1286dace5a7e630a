//go:build unix

package smoke

import (
	"os"
	"syscall"
)

// uidOf is a file's owner, or -1 where that isn't known.
func uidOf(fi os.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
