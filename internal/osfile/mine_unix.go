//go:build unix

package osfile

import (
	"io/fs"
	"os"
	"syscall"
)

// commonTemps are the directories for temporary files that systems have (FHS
// 3.0, 3.18 and 5.15).
var commonTemps = []string{"/tmp", "/var/tmp"}

// isMine reports whether the file belongs to the user of this process: root
// could remove those of others as well.
func isMine(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}
