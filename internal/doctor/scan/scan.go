// Package scan notes what must be known of single files: of an ELF file what the
// dynamic loader reads, of a script the program that its first line names.
//
// Start with [File], or with [Examiner] for the files of a base and [Slice] for
// those in a wheel. What isn't either is read no further than its first bytes.
package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/doctor/object"
)

// Version changes when what is noted of a file does.
const Version = object.Version<<8 | 1

// Note is what was noted of a file.
type Note struct {
	// Object is what an ELF file tells; nil for others, and for one that
	// contradicts itself: Broken says how.
	Object *object.File `json:"o,omitempty"`
	Broken string       `json:"e,omitempty"`
	// Shebang is a script's first line, without "#!".
	Shebang string `json:"b,omitempty"`
}

const (
	shebang    = "#!"
	maxShebang = 256 // what Linux reads of it
	// headSize is more than it takes to tell what a file is.
	headSize = 64
)

// Wants reports whether a file that begins with head is noted.
func Wants(head []byte) bool {
	return bytes.HasPrefix(head, []byte(object.Magic)) || bytes.HasPrefix(head, []byte(shebang))
}

// textSuffixes are of files that no loader and no kernel ever starts by
// themselves, whatever is in them.
var textSuffixes = map[string]bool{
	".py": true, ".pyi": true, ".pyc": true, ".pyx": true, ".pxd": true, ".h": true, ".hpp": true, ".cuh": true, ".c": true, ".cpp": true,
	".txt": true, ".rst": true, ".md": true, ".json": true, ".html": true, ".css": true, ".js": true, ".map": true, ".csv": true, ".gz": true,
	".png": true, ".svg": true, ".xml": true, ".yaml": true, ".yml": true, ".toml": true, ".cmake": true, ".typed": true, ".mo": true, ".po": true,
	".a": true, ".o": true, ".zip": true, ".npy": true, ".npz": true, ".pkl": true, ".dat": true, ".ttf": true,
}

// Passes reports whether a file in a wheel or an application is not looked at,
// by its name.
func Passes(name string) bool { return textSuffixes[path.Ext(name)] }

// File notes a file; nil where there is nothing to note. It is opened several
// times where that is needed.
func File(size int64, open func() (io.ReadCloser, error)) (note *Note, err error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	head := make([]byte, min(headSize, size))
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte(shebang)):
		return script(io.MultiReader(bytes.NewReader(head), r))
	case bytes.HasPrefix(head, []byte(object.Magic)):
		first := true
		return readObject(size, func() (io.ReadCloser, error) {
			if !first {
				return open()
			}
			first = false
			return io.NopCloser(io.MultiReader(bytes.NewReader(head), r)), nil
		})
	}
	return nil, nil //nolint:nilnil // nothing to note
}

// readObject notes an ELF file. One that can't be understood is no error: the
// image may never load it.
func readObject(size int64, open func() (io.ReadCloser, error)) (*Note, error) {
	var failed error // of reading, not of what was read
	f, err := object.Read(size, func() (io.ReadCloser, error) {
		r, err := open()
		if err != nil {
			failed = err
			return nil, err
		}
		return &failing{ReadCloser: r, failed: &failed}, nil
	})
	if failed != nil {
		return nil, failed
	}
	return noteObject(f, err), nil
}

// noteObject is the note of an ELF file of which reading told f or err.
func noteObject(f *object.File, err error) *Note {
	switch {
	case errors.Is(err, object.ErrNotObject):
		return nil
	case err != nil:
		return &Note{Broken: err.Error()}
	}
	return &Note{Object: f}
}

// failing remembers an error of reading.
type failing struct {
	io.ReadCloser
	failed *error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		*f.failed = err
	}
	return n, err
}

func script(r io.Reader) (*Note, error) {
	line := make([]byte, maxShebang)
	n, err := io.ReadFull(r, line)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return noteScript(line[:n]), nil
}

// noteScript is the note of a script that begins with the bytes, maxShebang at most.
func noteScript(line []byte) *Note {
	text, _, _ := strings.Cut(string(line), "\n")
	return &Note{Shebang: strings.TrimRight(strings.TrimPrefix(text, shebang), " \t")}
}

// Examiner notes the files of a base.
func Examiner() *base.Examiner {
	return &base.Examiner{
		Version: Version,
		Wants:   func(_ string, head []byte) bool { return Wants(head) },
		File: func(_ string, size int64, r io.Reader) json.RawMessage {
			once := false
			note, err := File(size, func() (io.ReadCloser, error) {
				if once {
					return nil, errors.ErrUnsupported
				}
				once = true
				return io.NopCloser(r), nil
			})
			if errors.Is(err, errors.ErrUnsupported) {
				note, err = &Note{Broken: "its tables lie apart"}, nil
			}
			if err != nil || note == nil {
				return nil // the layer's own reader reports what is wrong
			}
			data, err := json.Marshal(note)
			if err != nil {
				return nil
			}
			return data
		},
	}
}
