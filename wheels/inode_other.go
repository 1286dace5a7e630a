//go:build !unix

package wheels

import "io/fs"

// inode returns 0: the platform has no inode numbers to compare.
func inode(fs.FileInfo) uint64 { return 0 }
