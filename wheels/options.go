package wheels

import "github.com/assemble-image/assemble/layers"

// Options controls how [Open] reads a wheel. The zero value checks everything.
type Options struct {
	// Hashes are the digests that the wheel may have, as locks write them:
	// "sha256:" and hex digits, sha384 and sha512 likewise. None means any.
	Hashes []string
	// SkipRecord leaves RECORD unread: the files' digests are computed where
	// they are needed instead of being verified.
	SkipRecord bool
	// LookupDigest returns the SHA-256 of a file that was hashed earlier in the
	// same state, so that it need not be hashed again; see [DigestCache]. With
	// nil, every file is hashed.
	LookupDigest func(s *layers.Source) (digest [32]byte, ok bool)
	// Source is the wheel as [Identify] returned it. As long as the file has
	// not changed since, it becomes the wheel's Source and nothing is hashed.
	Source *layers.Source
}

// The largest files of a .dist-info directory that are read, in bytes. Real
// ones stay below 2 MiB.
const (
	maxWheelFile   = 64 << 10
	maxMetadata    = 8 << 20
	maxEntryPoints = 1 << 20
	maxRecord      = 64 << 20
	// maxScript bounds a script whose first line is rewritten, and maxSigned
	// a signature of RECORD.
	maxScript = 16 << 20
	maxSigned = 1 << 20
)
