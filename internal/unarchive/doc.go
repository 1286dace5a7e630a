// Package unarchive unpacks tar and zip archives, which are as hostile as any
// other input, into an empty directory.
//
// Start with [Unpack]. An archive is known by its first bytes: zip, tar, and tar
// in gzip, xz, zstd or bzip2. Directories, files, symbolic and hard links are
// taken; where links lead is for whoever reads the directory to judge. Paths that
// leave the directory, devices, paths that are there twice, and contents out of
// proportion to the archive are errors. Nothing is written through a link.
package unarchive
