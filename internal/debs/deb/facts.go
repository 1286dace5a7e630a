package deb

import (
	"errors"
	"fmt"
	"io"
)

// Facts is what opening a package told, to be kept between runs under the
// SHA-256 of its file.
type Facts struct {
	Size  int64
	Files []ControlFile
}

// Facts returns what [Remembered] takes.
func (p *Package) Facts() Facts { return Facts{Size: p.Size, Files: p.Files} }

// Remembered returns a package by what opening it once told. The file at path
// is only opened by [Package.Each], which holds it against opt.Want.SHA256: that
// must be given, and be what the facts were kept under. Facts that [Open] would
// have refused are refused with its errors.
func Remembered(path string, f Facts, opt Options) (*Package, error) {
	if opt.Want.SHA256 == "" {
		return nil, fmt.Errorf("remembering package %q: %w", path, errors.New("its SHA-256 isn't known"))
	}
	p := &Package{Path: path, Size: f.Size, Files: f.Files, opt: opt}
	err := p.parseControl()
	if err == nil {
		err = p.expect(opt.Want)
	}
	if err != nil {
		return nil, fmt.Errorf("remembering package %q: %w", path, err)
	}
	return p, nil
}

// members returns where the parts of the file lie; of a package that was
// remembered that isn't known yet.
func (p *Package) members(f io.ReaderAt, size int64) (archive, error) {
	if p.archive.data.size > 0 {
		return p.archive, nil
	}
	return readArchive(f, size)
}
