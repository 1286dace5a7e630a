//go:build unix

package osfile

import "syscall"

// Flags for [os.OpenFile] and [os.Root.OpenFile], 0 where the platform has none
// (open(2)).
const (
	// NonBlock keeps the opening of a pipe from waiting for its other end. It
	// changes nothing for regular files.
	NonBlock = syscall.O_NONBLOCK
	// NoFollow refuses a path that is a symbolic link.
	NoFollow = syscall.O_NOFOLLOW
)

// renamesOpen says that an open file can be renamed, so that its lock can be
// kept until it has its final name.
const renamesOpen = true
