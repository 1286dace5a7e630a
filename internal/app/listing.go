package app

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/assemble-image/assemble/internal/osfile"
)

const (
	// maxListed is how many bytes of a listing are held; a longer one lies in
	// a temporary file.
	maxListed = 1 << 20
	// listedPart is how many bytes of it are read at once.
	listedPart = 64 << 10
)

// listing is all paths of a tree, in order: parts of about listedPart bytes,
// each with its length before it.
type listing struct {
	part   []byte
	before string
	held   bytes.Buffer
	file   *osfile.TempFile // nil while all of it is held
	out    *bufio.Writer
	size   int64
}

// add appends a path.
func (l *listing) add(f *found) error {
	l.part = appendFound(l.part, l.before, f)
	l.before = f.name
	if len(l.part) < listedPart {
		return nil
	}
	return l.cut()
}

// cut ends a part.
func (l *listing) cut() error {
	if len(l.part) == 0 {
		return nil
	}
	if err := l.write(binary.LittleEndian.AppendUint32(nil, uint32(len(l.part)))); err != nil {
		return err
	}
	err := l.write(l.part)
	l.part, l.before = l.part[:0], ""
	return err
}

func (l *listing) write(b []byte) error {
	l.size += int64(len(b))
	if l.file == nil && l.size <= maxListed {
		l.held.Write(b)
		return nil
	}
	if l.file == nil {
		if err := l.create(); err != nil {
			return fmt.Errorf("creating a list of files: %w", err)
		}
	}
	if _, err := l.out.Write(b); err != nil {
		return fmt.Errorf("writing a list of files: %w", err)
	}
	return nil
}

// create moves what is held into a file, without a name where the system allows
// that.
func (l *listing) create() error {
	f, err := osfile.NewTempFile()
	if err != nil {
		return err
	}
	l.file, l.out = f, bufio.NewWriterSize(f, listedPart)
	_, err = l.out.Write(l.held.Bytes())
	l.held = bytes.Buffer{}
	return err
}

// end completes the listing, which can be read then.
func (l *listing) end() error {
	err := l.cut()
	if err == nil && l.file != nil {
		err = l.out.Flush()
	}
	l.part, l.out = nil, nil
	return err
}

// each calls do with each path until that returns false. It may be called
// several times at once.
func (l *listing) each(do func(*found) bool) error {
	var src io.ReaderAt = bytes.NewReader(l.held.Bytes())
	if l.file != nil {
		src = l.file
	}
	in := bufio.NewReader(io.NewSectionReader(src, 0, l.size))
	var part []byte
	for {
		var n [4]byte
		if _, err := io.ReadFull(in, n[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading a list of files: %w", err)
		}
		part = append(part[:0], make([]byte, binary.LittleEndian.Uint32(n[:]))...)
		if _, err := io.ReadFull(in, part); err != nil {
			return fmt.Errorf("reading a list of files: %w", err)
		}
		r := foundReader{rest: part}
		for {
			f, ok := r.next()
			if !ok {
				break
			}
			if !do(&f) {
				return nil
			}
		}
		if r.bad {
			return errors.New("reading a list of files: it is damaged")
		}
	}
}

// close removes the listing.
func (l *listing) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
