// Package fetch brings the packages of a packages.lock into a directory.
//
// Start with [Debs]. What is there already is left alone; the rest comes from
// the archives that the lock names, in their order, or from directories,
// several packages at a time. The lock's SHA-256 decides: nothing else gets a
// package's name. A download is written to a hidden file beside it,
// ".NAME.part", which is locked by who writes it; a broken one goes on where it
// ended, in this run or in a later one.
package fetch
