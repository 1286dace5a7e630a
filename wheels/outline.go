package wheels

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels/internal/zipfile"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Outline returns the listing of the wheel that src describes, which r has the
// bytes of, without sums and without what it requires: the paths that it
// installs by the scheme. It reads the central directory and what names paths
// beside it, for wheels that are still on an index. What is installed must go
// through [Open], which checks all of the wheel.
func Outline(r io.ReaderAt, src *layers.Source, s Scheme) (Listing, error) {
	l, err := outline(r, src, s)
	if err != nil {
		return Listing{}, fmt.Errorf("reading wheel %q: %w", src.Name, err)
	}
	return l, nil
}

func outline(r io.ReaderAt, src *layers.Source, s Scheme) (Listing, error) {
	filename, err := tags.ParseFilename(src.Name)
	if err != nil {
		return Listing{}, err
	}
	zip, err := zipfile.ReadListing(r, src.Size, zipfile.Limits{})
	if err != nil {
		return Listing{}, err
	}
	w := &Wheel{Filename: filename, Source: src, zip: zip.Archive(), Metadata: Metadata{Name: filename.Name}}
	w.Build.Purelib = true
	if w.info, err = findInfo(zip.Entries, filename); err != nil {
		return Listing{}, err
	}
	if err := w.checkPaths(); err != nil {
		return Listing{}, err
	}
	read := func(name string, limit int64, use func(text string) error) error {
		i := slices.IndexFunc(zip.Entries, func(e zipfile.Entry) bool { return e.Name == w.info+"/"+name })
		if i < 0 {
			return nil
		}
		b, err := zip.Read(i, limit)
		if err != nil {
			return err
		}
		return use(string(b))
	}
	err = read("entry_points.txt", maxEntryPoints, func(text string) (err error) {
		w.EntryPoints, err = parseEntryPoints(text)
		return err
	})
	if err == nil && s.Purelib != s.Platlib {
		err = read("WHEEL", maxWheelFile, func(text string) (err error) {
			w.Build, err = parseBuildInfo(text)
			return err
		})
	}
	if err == nil && slices.ContainsFunc(zip.Entries, func(e zipfile.Entry) bool { return strings.Contains(e.Name, dataSuffix+"/headers/") }) {
		err = read("METADATA", maxMetadata, func(text string) (err error) {
			w.Metadata, err = parseMetadata(text)
			return err
		})
	}
	if err != nil {
		return Listing{}, err
	}
	return w.List(s)
}
