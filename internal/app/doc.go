// Package app reads the application's directories and files as entries of a
// layer, leaving out what has no place in an image.
//
// Start with [Walk]; the [Tree] it returns has the entries, and an identity by
// which an unchanged application is known again. What was left out for safety is
// in Tree.Notes.
//
// Everything is opened below one [os.Root], so that a symbolic link that is
// swapped in between looking and reading can't lead outside.
package app
