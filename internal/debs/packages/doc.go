// Package packages knows which Debian packages there are: those of an archive
// and those that are installed.
//
// Start with [Distill], which takes from an archive's Packages file what
// choosing needs and nothing else, for the cache; [Open] makes an [Index] of
// it, where packages are found by name and by what they provide. [ReadStatus]
// reads dpkg's status.
package packages
