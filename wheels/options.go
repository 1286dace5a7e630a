package wheels

import (
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels/internal/zipfile"
)

// Limits bounds what a wheel's archive may declare; see its fields.
type Limits = zipfile.Limits

// Options alters how [Open] reads a wheel. The zero value checks everything.
type Options struct {
	// Hashes are the digests that the wheel may have, as locks write them:
	// "sha256:" and hex digits, sha384 and sha512 likewise. None means any.
	Hashes []string
	// SkipRecord leaves RECORD unread: the files' digests are computed where
	// they are needed instead of being compared.
	SkipRecord bool
	// Requested says that a user named the wheel's project, so that a
	// REQUESTED file is installed (PEP 376).
	Requested bool
	// Known tells the SHA-256 of a file, described but for that, when it was
	// seen before in the same state, so that it need not be hashed; see
	// [Memory]. Nil knows nothing.
	Known func(s *layers.Source) (digest [32]byte, ok bool)
	// Source is the wheel as [Identify] returned it. Where the file still is
	// what it was then, it becomes the wheel's Source and nothing is hashed.
	Source *layers.Source
	// Limits bounds the archive.
	Limits Limits
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
