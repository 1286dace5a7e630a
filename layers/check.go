package layers

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
)

// maxID is the largest user or group number: the next one, as 32 bits, means
// "unchanged" to the system calls.
const maxID = 1<<32 - 2

// specialBits are what a mode may have beside its type and permissions.
const specialBits = fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// check refuses an entry that can't be packed, or whose fields are at odds.
func (e *Entry) check() error {
	err := errors.Join(e.checkFields(), e.checkContent())
	if err != nil {
		return &EntryError{Owner: e.Owner, Path: e.Path, Err: err}
	}
	return nil
}

func (e *Entry) checkFields() error {
	if err := checkPath(e.Path); err != nil {
		return err
	}
	switch {
	case e.Mode&^(fs.ModePerm|specialBits|fs.ModeDir|fs.ModeSymlink) != 0 || e.Mode.Type() == fs.ModeDir|fs.ModeSymlink:
		return fmt.Errorf("mode %v is neither a file's, a directory's nor a symbolic link's", e.Mode)
	case e.UID < 0 || e.GID < 0 || int64(e.UID) > maxID || int64(e.GID) > maxID:
		return fmt.Errorf("owner %d:%d is out of range", e.UID, e.GID)
	case e.Mode.Type() == fs.ModeSymlink && e.Link == "":
		return errors.New("the symbolic link has no target")
	case e.Mode.Type() != fs.ModeSymlink && e.Link != "":
		return errors.New("it is not a symbolic link, but has a target")
	}
	if err := checkText(e.Link); err != nil {
		return fmt.Errorf("the link's target: %w", err)
	}
	if err := e.checkExtras(); err != nil {
		return err
	}
	if !isWhiteout(base(e.Path)) {
		return nil
	}
	if !e.Mode.IsRegular() || e.Size != 0 {
		return errors.New("a whiteout must be an empty file")
	}
	return checkWhiteout(base(e.Path))
}

// checkExtras holds for what few entries have: another name's file, and
// capabilities.
func (e *Entry) checkExtras() error {
	if e.HardLink == "" && e.Capability == "" {
		return nil
	}
	switch n := len(e.Capability); {
	case !e.Mode.IsRegular() || isWhiteout(base(e.Path)):
		return errors.New("it is not a file, but a hard link or with capabilities")
	case e.HardLink == "" && n != 12 && n != 20 && n != 24: // revisions 1 to 3 of vfs_cap_data
		return fmt.Errorf("capabilities of %d bytes are none", n)
	case e.HardLink == "":
		return nil
	case n > 0 || e.Size != 0 || e.SHA256 != nil:
		return errors.New("a hard link has no content and no capabilities of its own")
	case e.HardLink >= e.Path:
		return fmt.Errorf("the hard link's target %q doesn't come before it", e.HardLink)
	}
	return checkPath(e.HardLink)
}

func (e *Entry) checkContent() error {
	given := 0
	for _, is := range [...]bool{e.Data != nil, e.Open != nil, e.Slice != nil} {
		if is {
			given++
		}
	}
	switch {
	case e.Size < 0:
		return errors.New("the size is negative")
	case !e.Mode.IsRegular() && (given > 0 || e.Size != 0):
		return errors.New("it is not a file, but has content")
	case given > 1:
		return errors.New("more than one source of content is set")
	case given > 0 && e.HardLink != "":
		return errors.New("a hard link has no content of its own")
	case given == 0 && e.Size > 0:
		return errors.New("the content is missing")
	case e.SHA256 != nil && len(e.SHA256) != sha256.Size:
		return fmt.Errorf("the SHA-256 has %d bytes", len(e.SHA256))
	case e.Data != nil && int64(len(e.Data)) != e.Size:
		return sizeError(e.Size, int64(len(e.Data)))
	case e.Slice != nil:
		return e.Slice.check(e.Size)
	}
	return nil
}

// check refuses a slice that leaves its source or can't hold size bytes.
func (s *Slice) check(size int64) error {
	switch {
	case s.Source == nil:
		return errors.New("the slice has no source")
	case s.Offset < 0 || s.Length < 0 || s.Length > s.Source.Size || s.Offset > s.Source.Size-s.Length:
		return fmt.Errorf("the slice is not within %q", s.Source.Name)
	case !s.Deflated && s.Length != size:
		return sizeError(size, s.Length)
	}
	return nil
}

func sizeError(want, got int64) error {
	return &ContentError{What: "size", Want: fmt.Sprint(want), Got: fmt.Sprint(got)}
}
