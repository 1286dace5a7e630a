package deb

import (
	"archive/tar"
	"errors"
	"io/fs"
	"strings"
)

// Entry is one path of a package.
type Entry struct {
	// Path is relative to the root, without "./" and without a final slash.
	Path string
	// Mode has the type (a file's, fs.ModeDir or fs.ModeSymlink), the
	// permissions, and setuid, setgid and sticky bits. A hard link's is that of
	// a file.
	Mode fs.FileMode
	// UID and GID own the path; Owner and Group are their names, which may be
	// empty.
	UID, GID     int
	Owner, Group string
	Size         int64
	// Link is a symbolic link's target, as it is.
	Link string
	// HardLink is the path of the file, which came before, that this is another
	// name of; empty if it isn't.
	HardLink string
	// Capability is the raw value of the extended attribute
	// security.capability (capabilities(7)), empty for none.
	Capability string
	// Sum is the content's MD5; only of files, and only once the content has
	// been read.
	Sum Sum
}

// capabilityRecord is how tars name the attribute.
const capabilityRecord = "SCHILY.xattr.security.capability"

// xattrRecord begins the names of all attributes.
const xattrRecord = "SCHILY.xattr."

// newEntry understands a header of data.tar.
func newEntry(h *tar.Header) (*Entry, error) {
	e := &Entry{UID: h.Uid, GID: h.Gid, Owner: h.Uname, Group: h.Gname}
	var err error
	if e.Path, err = relative(h.Name); err != nil {
		return nil, err
	}
	e.Mode = fs.FileMode(h.Mode & 0o777)
	for _, bit := range [...]struct {
		tar  int64
		mode fs.FileMode
	}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}} {
		if h.Mode&bit.tar != 0 {
			e.Mode |= bit.mode
		}
	}
	switch h.Typeflag {
	case tar.TypeReg:
		e.Size = h.Size
	case tar.TypeDir:
		e.Mode |= fs.ModeDir
	case tar.TypeSymlink:
		e.Mode = fs.ModeSymlink | fs.ModePerm
		e.Link = h.Linkname
		err = checkLink(e.Path, e.Link)
	case tar.TypeLink:
		e.HardLink, err = relative(h.Linkname)
	case tar.TypeChar, tar.TypeBlock:
		err = errors.New("it is a device")
	case tar.TypeFifo:
		err = errors.New("it is a named pipe")
	default:
		err = errors.New("it is neither a file, a directory nor a link")
	}
	if err != nil {
		return nil, err
	}
	return e, e.records(h.PAXRecords)
}

// records understands extended attributes. Another one than capabilities could
// not be kept.
func (e *Entry) records(r map[string]string) error {
	for key, value := range r {
		switch {
		case key == capabilityRecord:
			if !e.Mode.IsRegular() || e.HardLink != "" {
				return errors.New("it is no file, but has capabilities")
			}
			e.Capability = value
		case strings.HasPrefix(key, xattrRecord):
			return errors.New("it has the extended attribute " + strings.TrimPrefix(key, xattrRecord))
		}
	}
	return nil
}

// IsFile reports whether the entry has content of its own.
func (e *Entry) IsFile() bool { return e.Mode.IsRegular() && e.HardLink == "" }
