package zipfile

import (
	"io/fs"
	"strings"
)

// The compression methods (4.4.5) that wheels may use.
const (
	Stored   uint16 = 0
	Deflated uint16 = 8
)

// Entry is one file or directory of an archive.
type Entry struct {
	// Name is slash-separated, relative and clean. A directory's ends in
	// a slash.
	Name string
	// Method is [Stored] or [Deflated].
	Method uint16
	// CRC32 is the content's declared CRC-32 (IEEE).
	CRC32 uint32
	// PackedSize and Size are the content's declared lengths in bytes, as
	// packed and as unpacked.
	PackedSize, Size int64
	// HeaderOffset and DataOffset are where the local header and the
	// packed content begin in the archive.
	HeaderOffset, DataOffset int64
	// Unix is the POSIX st_mode that the archive gives, with its type bits;
	// 0 where it gives none.
	Unix uint16

	flags uint16
	zip64 bool
}

// IsDir reports whether the entry is a directory.
func (e *Entry) IsDir() bool { return strings.HasSuffix(e.Name, "/") }

// Mode returns the type and the nine permission bits that the archive gives.
func (e *Entry) Mode() fs.FileMode {
	m := fs.FileMode(e.Unix) & fs.ModePerm
	if e.IsDir() {
		m |= fs.ModeDir
	}
	return m
}

// Executable reports whether the archive says that this is a regular file
// which someone may execute. Permission bits without a file type don't count,
// as pip has it.
func (e *Entry) Executable() bool {
	return e.Unix&unixType == unixRegular && e.Unix&0o111 != 0
}

// The type bits of st_mode.
const (
	unixType      = 0o170000
	unixDirectory = 0o040000
	unixRegular   = 0o100000
)

// unixTypes names the types that an archive may not hold.
var unixTypes = map[uint16]string{
	0o010000: "a named pipe",
	0o020000: "a character device",
	0o060000: "a block device",
	0o120000: "a symbolic link",
	0o140000: "a socket",
}
