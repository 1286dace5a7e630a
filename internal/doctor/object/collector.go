package object

import (
	"errors"
	"fmt"
	"io"
)

// ErrApart says that a file's tables lie so far apart that one pass doesn't do.
var ErrApart = errors.New("its tables lie apart")

// Collector reads a file that is given out once, piece by piece.
type Collector struct {
	windows *windows
	at      int64
	planned bool
	err     error
}

// NewCollector returns the collector of a file of size bytes.
func NewCollector(size int64) *Collector { return &Collector{windows: newWindows(size)} }

// See takes the next piece, which isn't kept. Once the headers are there, the
// windows that they ask for are added.
func (c *Collector) See(piece []byte) {
	if !c.enough() {
		c.windows.keep(c.at, piece)
	}
	c.at += int64(len(piece))
	if !c.planned && c.at >= min(pieceSize, c.windows.size) {
		c.planned = true
		c.err = c.windows.plan(c.windows.list[0].data)
	}
}

// enough reports whether further pieces tell nothing.
func (c *Collector) enough() bool { return c.err != nil || c.planned && c.windows.whole() }

// pass sees a file from its start, as far as need be.
func (c *Collector) pass(open func() (io.ReadCloser, error)) (err error) {
	r, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	piece := make([]byte, pieceSize)
	for c.at = 0; c.at < c.windows.size && !c.enough(); {
		n, err := io.ReadFull(r, piece[:min(pieceSize, c.windows.size-c.at)])
		if err != nil {
			return fmt.Errorf("reading %d of its %d bytes: %w", c.at+int64(n), c.windows.size, err)
		}
		c.See(piece[:n])
	}
	return nil
}

func (c *Collector) parse() (*File, error) {
	if c.err != nil {
		return nil, c.err
	}
	return parse(c.windows)
}

// File returns what the pieces tell, as [Read] does, once. The error is
// [ErrApart] for a file that must be read again.
func (c *Collector) File() (*File, error) {
	defer c.windows.release()
	if c.windows.size < headerSize {
		return nil, ErrNotObject
	}
	if c.err == nil && c.at != c.windows.size {
		return nil, fmt.Errorf("seeing a file: %d of its %d bytes", c.at, c.windows.size)
	}
	f, err := c.parse()
	if outside := (*outsideError)(nil); errors.As(err, &outside) {
		return nil, ErrApart
	}
	return f, err
}
