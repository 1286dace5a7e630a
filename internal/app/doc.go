// Package app reads the application's directories and files as entries of a
// layer, leaving out what has no place in an image.
//
// Start with [Walk]; the [Tree] it returns streams the entries, and has an
// identity by which an unchanged application is known again. What was left out
// for safety is in Tree.Notes.
//
// A tree may have millions of files, so nothing is held for each of them. A
// scanner (scan.go, dirs.go, rules.go) finds paths in the order of the layer and
// in batches; several goroutines look at them (walk.go, hash.go); a gatherer
// (gather.go) takes them in that order, into the digest, into a listing on disk
// that the layer is packed from (listing.go), and into what the cache keeps for
// the next run (memory.go), which reads that in the same order again.
//
// Everything is opened below one [os.Root], so that a symbolic link that is
// swapped in between looking and reading can't lead outside.
package app
