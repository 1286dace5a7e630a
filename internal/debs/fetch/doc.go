// Package fetch brings the Debian packages of a lock into a directory.
//
// Start with [Debs]. A file that is there and has the lock's SHA-256 is left
// alone; others are downloaded, several at a time, from the first archive that
// has them, and go on where a broken download ended, in this run or in a later
// one. A file of that name with another digest is set aside, since it may be all
// that somebody has of it.
//
// What is on its way is a hidden file, .assemble-<SHA-256>.part, locked by who
// writes it. It gets a package's name only when it is synced and has the lock's
// digest.
package fetch
