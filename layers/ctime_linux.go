package layers

import (
	"io/fs"
	"syscall"
)

// changeTime returns when the file's content or status was last changed, which
// nobody can set back; 0 where that is unknown.
func changeTime(fi fs.FileInfo) int64 {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return st.Ctim.Nano()
	}
	return 0
}
