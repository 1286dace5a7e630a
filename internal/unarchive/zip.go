package unarchive

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
)

// maxLink bounds a symbolic link's target, as Linux does.
const maxLink = 4096

// encrypted is the flag of encrypted entries (APPNOTE.TXT 4.4.4).
const encrypted = 1

// zip unpacks a zip archive.
func (t *tree) zip(in io.ReaderAt, size int64) error {
	r, err := zip.NewReader(in, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // which is told with the entry
		return err
	}
	if err := noOverlap(r.File); err != nil {
		return err
	}
	for _, f := range r.File {
		if err := t.zipEntry(f); err != nil {
			return entryError(f.Name, err)
		}
	}
	return t.finish()
}

// noOverlap refuses entries that share their bytes, by which a small archive can
// unpack to any size.
func noOverlap(files []*zip.File) error {
	type span struct {
		from, to int64
		name     string
	}
	spans := make([]span, 0, len(files))
	for _, f := range files {
		at, err := f.DataOffset()
		if err != nil {
			return entryError(f.Name, err)
		}
		if f.CompressedSize64 > math.MaxInt64-uint64(at) {
			return entryError(f.Name, errors.New("its size is out of range"))
		}
		spans = append(spans, span{at, at + int64(f.CompressedSize64), f.Name})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return entryError(spans[i].name, fmt.Errorf("it overlaps with %q", spans[i-1].name))
		}
	}
	return nil
}

func (t *tree) zipEntry(f *zip.File) (err error) {
	p, err := t.place(f.Name)
	if err != nil || p == "" {
		return err
	}
	mode := f.Mode()
	switch {
	case f.Flags&encrypted != 0:
		return errors.New("it is encrypted")
	case strings.HasSuffix(f.Name, "/") || mode.IsDir():
		return t.dir(p)
	case f.UncompressedSize64 > math.MaxInt64:
		return errors.New("its size is out of range")
	case !mode.IsRegular() && mode.Type() != fs.ModeSymlink:
		return fmt.Errorf("it is neither a directory nor a file nor a link (%v)", mode)
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if mode.IsRegular() {
		return t.file(p, mode&0o111 != 0, int64(f.UncompressedSize64), in)
	}
	target, err := io.ReadAll(io.LimitReader(in, maxLink+1))
	if err != nil {
		return err
	}
	if len(target) > maxLink {
		return errors.New("it is a symbolic link to a path that is too long")
	}
	return t.symlink(p, string(target), f.Name)
}
