package wheels

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/assemble-image/assemble/wheels/internal/zipfile"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// The suffixes of the two top-level directories that the wheel format gives a
// meaning.
const (
	infoSuffix = ".dist-info"
	dataSuffix = ".data"
)

// findInfo returns the archive's one .dist-info directory. It and every .data
// directory must belong to the project and version in the file name.
func findInfo(entries []zipfile.Entry, f tags.Filename) (string, error) {
	info, last := "", ""
	for i := range entries {
		top, _, isDir := strings.Cut(entries[i].Name, "/")
		if top == last {
			continue
		}
		last = top
		lower := strings.ToLower(top)
		isInfo := strings.HasSuffix(lower, infoSuffix)
		if !isInfo && !strings.HasSuffix(lower, dataSuffix) {
			continue
		}
		if !isDir {
			return "", fmt.Errorf("%q is a file, not a directory", top)
		}
		if err := belongs(top, f); err != nil {
			return "", err
		}
		if !isInfo {
			continue
		}
		if info != "" && info != top {
			return "", fmt.Errorf("it has two .dist-info directories, %q and %q", info, top)
		}
		info = top
	}
	if info == "" {
		return "", errors.New("it has no .dist-info directory")
	}
	return info, nil
}

// belongs checks that dir is named for the project and version of f.
func belongs(dir string, f tags.Filename) error {
	stem, isInfo := strings.CutSuffix(dir, infoSuffix)
	stem, isData := strings.CutSuffix(stem, dataSuffix)
	if !isInfo && !isData {
		return fmt.Errorf("the suffix of the directory %q is not in lower case", dir)
	}
	dash := max(strings.LastIndexByte(stem, '-'), 0)
	v, err := pep440.Parse(strings.TrimPrefix(stem[dash:], "-"))
	if err != nil || !v.Equal(f.Version) || pep508.NormalizeName(stem[:dash]) != f.Normalized {
		return fmt.Errorf("the directory %q does not belong to %s %s", dir, f.Name, f.VersionText)
	}
	return nil
}

// distInfo finds and reads the files of the .dist-info directory.
type distInfo struct {
	zip   *zipfile.Archive
	dir   string
	files map[string]*zipfile.Entry
}

func newDistInfo(zip *zipfile.Archive, dir string) *distInfo {
	d := &distInfo{zip: zip, dir: dir, files: make(map[string]*zipfile.Entry)}
	for i := range zip.Entries {
		e := &zip.Entries[i]
		if rest, ok := strings.CutPrefix(e.Name, dir+"/"); ok && !e.IsDir() {
			d.files[rest] = e
		}
	}
	return d
}

// contentError is a failure to unpack a file.
type contentError struct{ error }

func (e *contentError) Unwrap() error { return e.error }

func (d *distInfo) has(name string) bool { return d.files[name] != nil }

// read returns a file of limit bytes at most as text, which must be UTF-8.
func (d *distInfo) read(name string, limit int64) (string, error) {
	e := d.files[name]
	if e == nil {
		return "", fmt.Errorf("it has no %s", d.dir+"/"+name)
	}
	b, err := d.zip.ReadAll(e, limit)
	if err != nil {
		return "", &contentError{err}
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%s is not UTF-8", e.Name)
	}
	return string(b), nil
}
