package manifest

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
)

// Limits for archives, far above what an image of [MaxLayers] layers needs.
const (
	maxArchiveEntries = 100_000
	maxArchiveLinks   = 16
)

// tarIndex knows where in a tar its files lie, so that they are read without
// unpacking it.
type tarIndex struct {
	path  string
	files map[string]span
	links map[string]string
}

type span struct{ offset, size int64 }

// indexTar reads all the headers of the tar at path.
func indexTar(path string) (idx *tarIndex, err error) {
	f, _, err := osfile.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := checkPlainTar(f); err != nil {
		return nil, err
	}
	idx = &tarIndex{path: path, files: map[string]span{}, links: map[string]string{}}
	tr := tar.NewReader(f)
	for n := 0; ; n++ {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return idx, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the entries: %w", err)
		}
		if n == maxArchiveEntries {
			return nil, fmt.Errorf("limit exceeded: more than %d entries", maxArchiveEntries)
		}
		// The reader takes whole blocks and no more, so the file stands at
		// the entry's content now.
		offset, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		if err := idx.add(hdr, offset); err != nil {
			return nil, err
		}
	}
}

// checkPlainTar refuses a compressed archive with a word that says so.
func checkPlainTar(f *os.File) error {
	var magic [4]byte
	if _, err := io.ReadFull(f, magic[:]); err != nil {
		return fmt.Errorf("not a tar archive: %w", err)
	}
	if isGzip(magic[:]) || isZstd(magic[:]) {
		return errors.New("the archive is compressed; only an uncompressed tar can be read in place")
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

func isGzip(b []byte) bool { return strings.HasPrefix(string(b), "\x1f\x8b") }
func isZstd(b []byte) bool { return strings.HasPrefix(string(b), "\x28\xb5\x2f\xfd") }

func (t *tarIndex) add(hdr *tar.Header, offset int64) error {
	name := cleanEntry(hdr.Name)
	_, isFile := t.files[name]
	_, isLink := t.links[name]
	switch hdr.Typeflag {
	case tar.TypeReg:
		for key := range hdr.PAXRecords {
			if strings.HasPrefix(key, "GNU.sparse.") {
				return fmt.Errorf("entry %q is a sparse file", hdr.Name)
			}
		}
		if isFile || isLink {
			return fmt.Errorf("duplicate entry %q", hdr.Name)
		}
		t.files[name] = span{offset, hdr.Size}
	case tar.TypeSymlink: // `docker save` before version 25 links equal layers
		if isFile || isLink {
			return fmt.Errorf("duplicate entry %q", hdr.Name)
		}
		t.links[name] = cleanEntry(path.Join(path.Dir(name), hdr.Linkname))
	case tar.TypeLink:
		if isFile || isLink {
			return fmt.Errorf("duplicate entry %q", hdr.Name)
		}
		t.links[name] = cleanEntry(hdr.Linkname)
	case tar.TypeDir, tar.TypeXGlobalHeader:
	default:
		return fmt.Errorf("entry %q has type %q, which image archives don't contain", hdr.Name, hdr.Typeflag)
	}
	return nil
}

// cleanEntry makes a name relative to the archive's root, whatever it is.
func cleanEntry(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// find follows links, within the archive, to a file.
func (t *tarIndex) find(name string) (span, error) {
	at := cleanEntry(name)
	for range maxArchiveLinks {
		if s, ok := t.files[at]; ok {
			return s, nil
		}
		next, ok := t.links[at]
		if !ok {
			break
		}
		at = next
	}
	return span{}, fmt.Errorf("the archive contains no file %q: %w", name, os.ErrNotExist)
}

// open opens a file of the archive.
func (t *tarIndex) open(name string) (io.ReadCloser, error) {
	s, err := t.find(name)
	if err != nil {
		return nil, err
	}
	f, _, err := osfile.OpenRegular(t.path)
	if err != nil {
		return nil, err
	}
	return &section{SectionReader: io.NewSectionReader(f, s.offset, s.size), file: f}, nil
}

// read reads a file of at most limit bytes.
func (t *tarIndex) read(name string, limit int64) ([]byte, error) {
	rc, err := t.open(name)
	if err != nil {
		return nil, err
	}
	return readAllClose(rc, name, limit)
}

// section is a piece of a file of its own.
type section struct {
	*io.SectionReader
	file *os.File
}

func (s *section) Close() error { return s.file.Close() }
