package layers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

// Errors of [Source.Open].
var (
	// ErrSourceChanged reports that a file was altered after it was hashed.
	ErrSourceChanged = errors.New("the file has changed since it was hashed")
	// ErrSourceAbsent reports that a source is known by its digest only.
	ErrSourceAbsent = errors.New("the file is not on this machine, only its digest is known")
)

// Source is an immutable file that slices are cut from, usually a wheel. Its
// identity is its SHA-256; size, times and inode, as they were when it was
// hashed, show cheaply whether it is still the same file.
//
// Name, SHA256 and Size are enough to plan a layer, and for a layer whose recipe
// is known. A source with these alone has no Path, and can't be opened.
type Source struct {
	// Name is what messages call it, usually the base name.
	Name string
	// Path is the file's path, "" for a file that is not on this machine.
	Path string
	// SHA256 is the digest of the whole file.
	SHA256 [sha256.Size]byte
	// Size is the file's length in bytes.
	Size int64
	// ModTime and Inode are the file's when it was hashed.
	ModTime time.Time
	Inode   uint64
	// Changed is when the file's content or status was last changed before
	// it was hashed, which nobody can set back, in nanoseconds since 1970;
	// 0 where the platform doesn't tell.
	Changed int64
}

// Describe returns the source that the file at path is, but for its SHA-256.
// The status is the file's.
func Describe(path string, fi fs.FileInfo) *Source {
	v := osfile.VersionOf(fi)
	return &Source{
		Name: filepath.Base(path), Path: path, Size: v.Size,
		ModTime: v.ModTime, Inode: v.Inode, Changed: v.Changed,
	}
}

// version is what s shows of its file.
func (s *Source) version() osfile.Version {
	return osfile.Version{Size: s.Size, ModTime: s.ModTime, Inode: s.Inode, Changed: s.Changed}
}

// Absent reports whether the file is not on this machine.
func (s *Source) Absent() bool { return s.Path == "" }

// Same reports whether two sources are of one path and one state of it, as far
// as that shows without reading.
func (s *Source) Same(o *Source) bool {
	return s.Path == o.Path && s.version().Same(o.version())
}

// Open opens the file for reading and checks that it is still the one that
// was hashed: by size, inode and times, and by hashing it again if those differ.
// The error wraps [ErrSourceChanged] if it isn't, and [ErrSourceAbsent] if there
// is no file.
func (s *Source) Open() (*os.File, error) {
	if s.Absent() {
		return nil, fmt.Errorf("opening %q: %w", s.Name, ErrSourceAbsent)
	}
	f, _, err := osfile.OpenRegular(s.Path)
	if errors.Is(err, osfile.ErrNotRegular) {
		return nil, fmt.Errorf("opening %q: %w (%w)", s.Name, ErrSourceChanged, osfile.WithoutPath(err))
	}
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", s.Name, err)
	}
	if err := s.check(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (s *Source) check(f *os.File) error {
	fi, err := f.Stat()
	if err != nil {
		return fmt.Errorf("reading the status of %q: %w", s.Name, err)
	}
	if fi.Size() != s.Size {
		return fmt.Errorf("reading %q: %w (%d bytes, not %d)", s.Name, ErrSourceChanged, fi.Size(), s.Size)
	}
	if s.Same(Describe(s.Path, fi)) {
		return nil
	}
	return s.checkHash(f)
}

// recheck is check for a file that has been open for a while.
func (s *Source) recheck(f openFile) error {
	fi, err := f.Stat()
	if err == nil && osfile.VersionOf(fi).Changed != f.changed && fi.Size() == s.Size {
		return s.checkHash(f.File)
	}
	return s.check(f.File)
}

// checkHash hashes the file anew.
func (s *Source) checkHash(f *os.File) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("hashing %q: %w", s.Name, err)
	}
	if [sha256.Size]byte(sum.Sum(nil)) != s.SHA256 {
		return fmt.Errorf("reading %q: %w", s.Name, ErrSourceChanged)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("rewinding %q: %w", s.Name, err)
	}
	return nil
}

// Digest returns the source's SHA-256 in lower-case hex.
func (s *Source) Digest() string { return hex.EncodeToString(s.SHA256[:]) }
