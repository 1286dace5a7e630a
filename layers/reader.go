package layers

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
)

// reader puts a layer's compressed bytes together while they are read.
type reader struct {
	layer  *Layer
	files  *files
	runner *runner
	sum    hash.Hash // nil where the receiver checks the digest
	size   int64
	buf    *[]byte // nil when closed
	rest   []byte  // of buf, still to be given out
	err    error   // what follows the rest
}

// buffers saves readers from clearing 256 KiB each.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, fillSize)
	return &b
}}

func newReader(l *Layer) *reader {
	r := &reader{layer: l, sum: sha256.New()}
	r.buf, _ = buffers.Get().(*[]byte)
	recipe, sources, err := l.whole()
	r.files = newFiles(sources) // none where the recipe can't be read
	if r.err = err; err == nil {
		r.runner = newRunner(recipe.program, len(sources), r)
	}
	return r
}

func (r *reader) source(i int) (io.ReaderAt, error) { return r.files.source(i) }

func (r *reader) spool() (io.ReaderAt, error) { return r.layer.openSpool() }

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.next(); len(r.rest) == 0 {
			return 0, r.err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// WriteTo implements io.WriterTo.
func (r *reader) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		n, err := w.Write(r.rest)
		r.rest = r.rest[n:]
		total += int64(n)
		if err != nil {
			return total, err
		}
		if r.next(); len(r.rest) > 0 {
			continue
		}
		if errors.Is(r.err, io.EOF) {
			return total, nil
		}
		return total, r.err
	}
}

var errClosed = errors.New("reading a layer that is closed")

// next fills the buffer, unless all is read. The last piece is held back if
// the whole is not what it should be, so that nobody takes it for good.
func (r *reader) next() {
	if r.buf == nil {
		r.rest, r.err = nil, errClosed
	}
	if r.err != nil {
		return
	}
	n, err := r.runner.fill(*r.buf)
	r.rest = (*r.buf)[:n]
	if r.sum != nil {
		r.sum.Write(r.rest)
	}
	r.size += int64(n)
	switch {
	case err == nil:
		return
	case errors.Is(err, io.EOF):
		r.err = r.verify()
	default:
		r.err = fmt.Errorf("reading layer %q: %w", r.layer.name, err)
	}
	if r.err == nil {
		r.err = io.EOF
	} else {
		r.rest = nil
	}
}

func (r *reader) verify() error {
	good := r.size == r.layer.head.Size
	if good && r.sum != nil {
		if [sha256.Size]byte(r.sum.Sum(nil)) == r.layer.head.Digest {
			return nil
		}
		good = false
	}
	err := r.files.check()
	if good && err == nil {
		return nil // the receiver knows the rest
	}
	if err == nil && r.layer.forget != nil {
		// The sources are what they should be, so the recipe isn't: it was
		// made of others, behind a change that the platform doesn't show.
		r.layer.forget()
	}
	return fmt.Errorf("reading layer %q: %w", r.layer.name, errors.Join(ErrSourceChanged, err))
}

// Close implements io.Closer.
func (r *reader) Close() error {
	if r.buf != nil {
		buffers.Put(r.buf)
		r.buf, r.rest = nil, nil
	}
	return r.files.close()
}
