package layers

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/assemble-image/assemble/internal/inflate"
)

// A worker is one core's means to read entries, kept from run to run.
type worker struct {
	decoder *inflate.Decoder
	ahead   []byte // content read before its turn; see [sink]
	block   []byte // of plain content
	plain   compressor
}

func newWorker() *worker {
	return &worker{decoder: inflate.NewDecoder()}
}

// read reads an entry's content into the sink and checks its CRC-32; its
// digest is checked where it is hashed.
func (w *worker) read(ctx context.Context, p *packer, e *Entry, s *sink) (content, error) {
	var c content
	if !e.Mode.IsRegular() || e.Size == 0 && e.Slice == nil && e.Open == nil {
		return c, nil
	}
	var see func([]byte)
	var done func()
	if p.b.opt.Observe != nil {
		see, done = p.b.opt.Observe(e)
	}
	emit := func(b []byte) error {
		c.crc = crc32.Update(c.crc, crc32.IEEETable, b)
		if see != nil {
			see(b)
		}
		return s.write(ctx, b)
	}
	if err := w.readContent(ctx, p, e, s, &c, emit); err != nil {
		return c, err
	}
	if e.Slice != nil && c.crc != e.Slice.CRC32 {
		return c, &ContentError{What: "CRC-32", Want: fmt.Sprintf("%08x", e.Slice.CRC32), Got: fmt.Sprintf("%08x", c.crc)}
	}
	if see != nil {
		done()
	}
	return c, nil
}

func (w *worker) readContent(ctx context.Context, p *packer, e *Entry, s *sink, c *content, emit func([]byte) error) (err error) {
	switch {
	case e.Slice != nil:
		f, err := p.sources.source(p.source(e))
		if err != nil {
			return err
		}
		if e.Slice.Deflated {
			c.tail, c.last, err = w.inflate(f, e, emit)
		} else {
			err = w.copy(f, e.Slice, emit)
		}
		return err
	case e.Open == nil:
		return w.deflate(ctx, p, e, bytes.NewReader(e.Data), s, c, emit)
	}
	f, err := e.Open()
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("closing: %w", cerr)
		}
	}()
	return w.deflate(ctx, p, e, f, s, c, emit)
}

// inflate reads a deflated slice and its last byte.
func (w *worker) inflate(f io.ReaderAt, e *Entry, emit func([]byte) error) (inflate.Tail, byte, error) {
	s := e.Slice
	tail, err := w.decoder.Decode(inflate.Stream{Src: f, Off: s.Offset, Len: s.Length, Size: e.Size}, emit)
	if err != nil {
		return tail, 0, err
	}
	var last [1]byte
	_, err = readAt(f, last[:], s.Offset+s.Length-1)
	return tail, last[0], err
}

// copy reads a slice that is not deflated.
func (w *worker) copy(f io.ReaderAt, s *Slice, emit func([]byte) error) error {
	w.needBlock()
	for n := int64(0); n < s.Length; {
		b := clip(w.block[:fillSize], s.Length-n)
		if _, err := readAt(f, b, s.Offset+n); err != nil {
			return err
		}
		if err := emit(b); err != nil {
			return err
		}
		n += int64(len(b))
	}
	return nil
}

func (w *worker) needBlock() {
	if w.block == nil {
		w.block = make([]byte, plainBlock)
	}
}
