package wheels

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/assemble-image/assemble/wheels/internal/zipfile"
	"github.com/assemble-image/assemble/wheels/tags"
)

// ReadMetadata returns the METADATA file of the wheel of size bytes in r,
// which has that file name, and what it says. It reads the central directory
// and that one entry only, usually a few KiB, for wheels that are still on an
// index. It fails on METADATA of another project or version. What is installed
// must go through [Open], which checks all of the wheel.
func ReadMetadata(r io.ReaderAt, size int64, filename tags.Filename) ([]byte, Metadata, error) {
	pick := func(entries []zipfile.Entry) (int, error) {
		info, err := findInfo(entries, filename)
		if err != nil {
			return 0, err
		}
		name := info + "/METADATA"
		i := slices.IndexFunc(entries, func(e zipfile.Entry) bool { return e.Name == name })
		if i < 0 {
			return 0, fmt.Errorf("it has no %s", name)
		}
		return i, nil
	}
	b, err := zipfile.ReadSingle(r, size, zipfile.Limits{}, pick, maxMetadata)
	if err != nil {
		return nil, Metadata{}, fmt.Errorf("reading wheel %q: %w", filename, err)
	}
	m, err := CheckMetadata(b, filename)
	return b, m, err
}

// CheckMetadata reads a METADATA file that is served for the wheel with
// the given file name. It fails on one of another project or version.
func CheckMetadata(b []byte, filename tags.Filename) (Metadata, error) {
	m, err := Metadata{}, errors.New("it is not UTF-8")
	if utf8.Valid(b) {
		m, err = parseMetadata(string(b))
	}
	if err == nil {
		err = m.matches(filename)
	}
	if err != nil {
		return Metadata{}, fmt.Errorf("reading the METADATA of wheel %q: %w", filename, err)
	}
	return m, nil
}
