package layers

import (
	"io"
	"io/fs"
)

// Entry is one path of a layer: a directory, a regular file, another name of
// one (a hard link) or a symbolic link.
//
// A regular file's content is given in exactly one of three ways: Data for
// bytes made in memory, Open for a plain file, Slice for content that lies,
// already deflated as a rule, inside a [Source]. An empty file needs none.
type Entry struct {
	// Path is slash-separated and relative to the image's root, without a
	// leading slash, "." or ".." elements ("usr/local/bin/uvicorn"). A base
	// name starting with ".wh." is a whiteout and must be an empty file.
	Path string
	// Mode holds the type (0, fs.ModeDir or fs.ModeSymlink), the nine permission
	// bits, and fs.ModeSetuid, fs.ModeSetgid and fs.ModeSticky; anything else is
	// refused.
	Mode fs.FileMode
	// UID and GID own the path.
	UID, GID int
	// Link is the target of a symbolic link, taken as it is.
	Link string
	// HardLink is the path of the file that this is another name of: a regular
	// file of the same layer whose path sorts before this one. The mode and the
	// owner are those of that file, and there is no content. A [Spec] with a
	// Stream has no hard links.
	HardLink string
	// Capability is the raw value of a regular file's extended attribute
	// security.capability (capabilities(7)); empty if it has none.
	Capability string
	// Size is the content's length in bytes; it is checked while packing.
	Size int64

	Data  []byte
	Open  func() (io.ReadCloser, error)
	Slice *Slice

	// SHA256 is the content's expected digest (32 bytes), checked while
	// packing; nil when there is nothing to check against.
	SHA256 []byte
	// Owner names who brought the entry, as errors should name it:
	// a wheel's file name, or an app directory.
	Owner string
}

// Slice is a file's content inside a [Source].
type Slice struct {
	Source *Source
	// Offset and Length bound the packed bytes in the source.
	Offset, Length int64
	// Deflated says that the packed bytes are one raw DEFLATE stream
	// (RFC 1951); otherwise they are the content itself.
	Deflated bool
	// CRC32 is the content's CRC-32 (IEEE), checked while packing.
	CRC32 uint32
}
