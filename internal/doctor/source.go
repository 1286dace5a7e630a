package doctor

import (
	"bytes"
	"io"
	"strings"

	"github.com/assemble-image/assemble/internal/doctor/python"
	"github.com/assemble-image/assemble/layers"
)

// Source is a Python file of the application.
type Source struct {
	// Path is the one in the image.
	Path string
	// Root is the app's directory that it lies in.
	Root string
	// Imports are the modules that it imports.
	Imports []python.Import
}

// maxSmall bounds the content of a file that is kept whole, in bytes.
const maxSmall = 8 << 20

// readSmall returns the content of an entry, nil where it can't be had whole.
func readSmall(e *layers.Entry) []byte {
	switch {
	case e.Size > maxSmall:
		return nil
	case e.Open != nil:
		r, err := e.Open()
		if err != nil {
			return nil
		}
		data, err := io.ReadAll(io.LimitReader(r, maxSmall))
		if cerr := r.Close(); err != nil || cerr != nil {
			return nil
		}
		return data
	case e.Slice != nil:
		return nil
	}
	return bytes.Clone(e.Data)
}

// maxSource bounds a Python file that is read, in bytes: what is larger is data.
const maxSource = 2 << 20

// readSource reads what a Python file of the app imports.
func (img *Image) readSource(e *layers.Entry) {
	if e.Size > maxSource {
		return
	}
	data := readSmall(e)
	_, minor, _ := strings.Cut(img.Target.Facts.Python.Minor, ".")
	s := Source{Path: "/" + e.Path, Root: img.root, Imports: python.Scan(data, atoi(minor))}
	if len(s.Imports) > 0 {
		img.Sources = append(img.Sources, s)
	}
}
