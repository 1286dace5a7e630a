package scan

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/assemble-image/assemble/internal/inflate"
	"github.com/assemble-image/assemble/layers"
)

// decoders are kept between files: each takes some 285 KB.
var decoders = sync.Pool{New: func() any { return inflate.NewDecoder() }}

// Slice notes a file that lies in an opened source, of size bytes unpacked.
func Slice(src io.ReaderAt, s *layers.Slice, size int64) (*Note, error) {
	if !s.Deflated {
		return File(size, func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(src, s.Offset, s.Length)), nil })
	}
	open := func() (io.ReadCloser, error) { return inflateSlice(src, s, size), nil }
	wanted, err := begins(src, s, size)
	if err != nil || !wanted {
		return nil, err
	}
	return File(size, open)
}

var errSeen = errors.New("enough was seen")

// begins reports whether the file begins with what is noted. Most don't, and for
// them no goroutine is started.
func begins(src io.ReaderAt, s *layers.Slice, size int64) (wanted bool, err error) {
	d := decoders.Get().(*inflate.Decoder) //nolint:forcetypeassert // what New returns
	defer decoders.Put(d)
	var head []byte
	_, err = d.Decode(inflate.Stream{Src: src, Off: s.Offset, Len: s.Length, Size: size}, func(p []byte) error {
		head = append(head, p[:min(len(p), headSize)]...)
		if len(head) >= headSize {
			return errSeen
		}
		return nil
	})
	if err != nil && !errors.Is(err, errSeen) {
		return false, err
	}
	return Wants(head), nil
}

// inflateSlice reads what the slice unpacks to.
func inflateSlice(src io.ReaderAt, s *layers.Slice, size int64) io.ReadCloser {
	pr, pw := io.Pipe()
	over := make(chan struct{})
	go func() {
		defer close(over)
		d := decoders.Get().(*inflate.Decoder) //nolint:forcetypeassert // what New returns
		defer decoders.Put(d)
		_, err := d.Decode(inflate.Stream{Src: src, Off: s.Offset, Len: s.Length, Size: size}, func(p []byte) error {
			_, err := pw.Write(p)
			return err
		})
		_ = pw.CloseWithError(err) // as its documentation says, it never fails
	}()
	return &pipe{pr, over}
}

// pipe waits for the writing side when it is closed, so that the source may be
// closed then.
type pipe struct {
	*io.PipeReader
	over <-chan struct{}
}

func (p *pipe) Close() error {
	err := p.PipeReader.Close()
	<-p.over
	return err
}

// Entry notes a layer's file, by its content wherever that is. The source of a
// slice is opened for it.
func Entry(e *layers.Entry) (note *Note, err error) {
	switch {
	case e.Slice != nil:
		f, err := e.Slice.Source.Open()
		if err != nil {
			return nil, err
		}
		note, err := Slice(f, e.Slice, e.Size)
		return note, errors.Join(err, f.Close())
	case e.Open != nil:
		return File(e.Size, e.Open)
	}
	return File(int64(len(e.Data)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(e.Data)), nil })
}
