//go:build !unix

package osfile

import "io/fs"

// commonTemps is empty: the user's own directory for temporary files must do.
var commonTemps []string

// isMine leaves it to the system whose files may be removed.
func isMine(fs.FileInfo) bool { return true }
