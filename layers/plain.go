package layers

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
)

// Content that is not deflated yet is compressed in blocks of plainBlock
// bytes, each on its own, so that several cores can do it at once and the
// outcome doesn't depend on how many. Both constants, and the version of the
// compressor, are part of the digests of such layers; see [FormatVersion].
const (
	plainBlock = 1 << 20
	plainLevel = 6
)

// A compressor deflates blocks of plain content. Its zero value is ready.
type compressor struct {
	w   *flate.Writer
	buf bytes.Buffer
}

// block returns p as DEFLATE blocks that start and end at byte boundaries:
// compressed, or stored if that is no longer. It is valid until the next call.
func (c *compressor) block(p []byte) ([]byte, error) {
	c.buf.Reset()
	if c.w == nil {
		w, err := flate.NewWriter(&c.buf, plainLevel)
		if err != nil {
			return nil, fmt.Errorf("compressing: %w", err)
		}
		c.w = w
	}
	c.w.Reset(&c.buf)
	if _, err := c.w.Write(p); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	if err := c.w.Flush(); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	if int64(c.buf.Len()) <= storedLength(int64(len(p))) {
		return c.buf.Bytes(), nil
	}
	c.buf.Reset()
	for len(p) > 0 {
		n := min(len(p), maxStored)
		var h [storedHeader]byte
		binary.LittleEndian.PutUint16(h[1:], uint16(n))
		binary.LittleEndian.PutUint16(h[3:], ^uint16(n))
		c.buf.Write(h[:])
		c.buf.Write(p[:n])
		p = p[n:]
	}
	return c.buf.Bytes(), nil
}

// deflate reads plain content from r, which must have as much as the entry
// says.
func (w *worker) deflate(ctx context.Context, p *packer, e *Entry, r io.Reader, s *sink, c *content, emit func([]byte) error) error {
	if e.Size > plainBlock {
		return w.deflateLarge(ctx, p, e, r, s, emit)
	}
	if w.block == nil {
		w.block = make([]byte, plainBlock)
	}
	b := w.block[:e.Size]
	if err := readExactly(r, b, 0, e.Size); err != nil {
		return err
	}
	if err := emit(b); err != nil {
		return err
	}
	if e.Size == 0 {
		return nil
	}
	packed, err := w.plain.block(b)
	c.plain = bytes.Clone(packed)
	return err
}

// readExactly fills b, the part of size bytes of content that begins at
// offset. Nothing may follow the last part.
func readExactly(r io.Reader, b []byte, offset, size int64) error {
	n, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return sizeError(size, offset+int64(n))
	}
	if err != nil {
		return err
	}
	if offset+int64(n) < size {
		return nil
	}
	var more [1]byte
	switch n, err := io.ReadFull(r, more[:]); {
	case n > 0:
		return &ContentError{What: "size", Want: fmt.Sprint(size), Got: "more"}
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// deflateLarge compresses as many blocks at once as there are cores to spare.
// They go into the assembly as they get ready, so the turn is waited for.
func (w *worker) deflateLarge(ctx context.Context, p *packer, e *Entry, r io.Reader, s *sink, emit func([]byte) error) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	if err := p.out.beginPlain(); err != nil {
		return err
	}
	q := &plainQueue{cores: &p.b.cores, add: p.out.addPlain}
	defer q.close()
	for offset := int64(0); offset < e.Size; {
		slot, err := q.slot()
		if err != nil {
			return err
		}
		slot.in = clip(slot.block, e.Size-offset)
		if err := readExactly(r, slot.in, offset, e.Size); err != nil {
			return err
		}
		if err := emit(slot.in); err != nil {
			return err
		}
		q.start(slot)
		offset += int64(len(slot.in))
	}
	return q.drain()
}
