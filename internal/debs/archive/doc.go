// Package archive finds out which packages Debian archives offer, and brings
// nothing in that isn't signed.
//
// Start with [ReadSources], which reads the sources that apt is configured with
// in a root file system, and [Client.Load], which makes a packages.Index of
// one of them: Release is verified by the keys that belong to the source, and
// must be of the suite that was asked for, not past its time and not older
// than what was seen before; the list of packages must have the digest that
// Release gives for it. [Client.Open] opens a package.
//
//	source.go      what a source is, and where its files lie
//	sources.go     the files of /etc/apt that name sources
//	keyring.go     the keys that a source's signature may be made with
//	signature.go   InRelease, or Release and Release.gpg
//	release.go     what Release says
//	index.go       from Release to the packages
//	http.go        how files come
//
// What an archive says is hostile until it is verified, and bounded all along.
package archive
