// Package fetch brings the wheels of a lock into a wheelhouse.
//
// Start with [Wheels]. It leaves alone what the wheelhouse has already, finds
// the rest where the lock says or at the sources of an index.Client, downloads
// several files at a time, and goes on where a broken download ended, in this
// run or in a later one. The lock's hashes decide: what has another one is a
// [*CorruptError] and never gets a wheel's name. So all sources are mirrors: the
// next one is asked where one fails or lacks something.
//
// A download is written to a hidden file of the wheelhouse:
//
//	.assemble-<hash>.part   what is there so far, locked by who writes it
//	.assemble-<hash>.from   which version of the file it is a part of
//
// The hash is one of the file's name and its hashes in the lock. The whole file
// is synced and renamed. What a cancelled run leaves is only ever a part, for
// the next run; parts that nobody wrote to for a week are removed.
package fetch
