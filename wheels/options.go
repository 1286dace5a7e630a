package wheels

import (
	"time"

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
	// Known tells the SHA-256 of the file at path when it was seen before
	// with this size, modification time and inode, so that it need not be
	// hashed. Nil knows nothing.
	Known func(path string, size int64, modTime time.Time, inode uint64) (digest [32]byte, ok bool)
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
