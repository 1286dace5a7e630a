package xz

import (
	"errors"
	"hash"
	"io"
)

// DefaultMaxDictionary is what the highest preset of the xz program takes.
const DefaultMaxDictionary = 64 << 20

// Options bound what a [Reader] takes. The zero value is ready for use.
type Options struct {
	// MaxDictionary is the largest dictionary in bytes that a file may ask
	// for; 0 means [DefaultMaxDictionary]. A Reader's memory is that and a
	// quarter more at most, and no more than a few times the content's size.
	MaxDictionary int64
}

// Reader is the content of one .xz file. It is not for concurrent use.
type Reader struct {
	src   source
	max   int64
	state func(*Reader) error // what comes next in the file
	err   error

	flags [2]byte // of the stream
	check hash.Hash
	block block
	index index
	first bool // no stream has ended yet

	dict  dict
	lzma2 lzma2
}

// NewReader returns the content of the .xz file that r has. It reads ahead of
// what it needs. Errors of Read are of the kinds [ErrCorrupt], [ErrTruncated]
// and [ErrUnsupported] ([DictionaryError]), or wrap what r returned; content
// that was read before an error must not be used. Bytes after the last stream
// are an error.
func NewReader(r io.Reader, opt Options) *Reader {
	z := &Reader{max: opt.MaxDictionary}
	if z.max <= 0 {
		z.max = DefaultMaxDictionary
	}
	z.Reset(r)
	return z
}

// Reset makes z the content of another file; its memory is used again.
func (z *Reader) Reset(r io.Reader) {
	z.src.reset(r)
	z.dict.reset()
	z.state, z.err, z.first = (*Reader).streamHeader, nil, true
}

// Read implements [io.Reader].
func (z *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := z.decode(); err != nil {
		return 0, err
	}
	return z.dict.take(p), nil
}

// WriteTo implements [io.WriterTo]: content goes to w in large pieces.
func (z *Reader) WriteTo(w io.Writer) (total int64, err error) {
	for {
		if err := z.decode(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return total, err
		}
		p := z.dict.pending()
		n, err := w.Write(p)
		total += int64(n)
		z.dict.drop(n)
		if err != nil {
			return total, err
		}
		if n < len(p) {
			return total, io.ErrShortWrite
		}
	}
}

// decode goes on until there is content to be taken.
func (z *Reader) decode() error {
	for len(z.dict.pending()) == 0 {
		if z.err != nil {
			return z.err
		}
		z.err = z.state(z)
	}
	return nil
}
