// Package images works on images wherever they lie: in registries, OCI layouts
// and archives. It copies them with what is attached to them, and says what is
// in them.
//
// Start with [ParsePlace], [Opener.Open] and [Copy]. A [Place] that was opened
// gives out manifests and blobs as they are, so that a copy has the digest of
// what was copied.
package images
