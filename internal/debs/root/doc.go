// Package root holds the file system of an image in memory, as the maintainer
// scripts of Debian packages see it: what the base and the packages brought
// lies below, what scripts write lies on top, and [Root.Changes] tells the
// difference.
//
// Start with [New] and [Root.Add], which lay the ground; the methods named
// after package os's functions ([Root.Stat], [Root.OpenFile], [Root.Rename] …)
// work on it. Paths are slash-separated and absolute. Symbolic links are
// resolved inside of the root, and nothing of the machine's own file system is
// ever looked at. Contents of files that lie below are opened when they are
// read, and not before.
//
// A Root is bounded in the number of its nodes and in the bytes that are
// written to it ([Options]). It isn't safe for concurrent use.
package root
