package osfile

import (
	"io/fs"
	"time"
)

// Version is what tells cheaply, without reading, whether a file is still the
// one it was.
type Version struct {
	// Size is the file's length in bytes.
	Size int64
	// ModTime is when its content was last changed, as far as nobody has set
	// that time.
	ModTime time.Time
	// Inode is its number in the file system, 0 where there is none.
	Inode uint64
	// Changed is when its content or status was last changed, which nobody can
	// set back, in nanoseconds since 1970; 0 where the platform doesn't tell.
	Changed int64
}

// VersionOf returns the version of the file with that status.
func VersionOf(fi fs.FileInfo) Version {
	inode, changed := stat(fi)
	return Version{Size: fi.Size(), ModTime: fi.ModTime(), Inode: inode, Changed: changed}
}

// Same reports whether two versions are of one file and one state of it.
func (v Version) Same(o Version) bool {
	return v.Size == o.Size && v.ModTime.Equal(o.ModTime) && v.Inode == o.Inode && v.Changed == o.Changed
}
