//go:build !unix

package osfile

// Flags for [os.OpenFile] and [os.Root.OpenFile]; this platform has none.
const (
	NonBlock = 0
	NoFollow = 0
)

// renamesOpen is off: an open file can't be renamed.
const renamesOpen = false
