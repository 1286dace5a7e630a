package object

import (
	"errors"
	"fmt"
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

// See takes the next piece, which isn't kept.
func (c *Collector) See(piece []byte) {
	if c.err != nil || c.planned && c.windows.whole() {
		c.at += int64(len(piece))
		return
	}
	c.windows.keep(c.at, piece)
	c.at += int64(len(piece))
	if !c.planned && c.at >= min(pieceSize, c.windows.size) {
		c.planned = true
		c.err = c.windows.plan(c.windows.list[0].data)
	}
}

// File returns what the pieces tell, as [Read] does, once. The error is
// [ErrApart] for a file that must be read again.
func (c *Collector) File() (*File, error) {
	defer c.windows.release()
	switch {
	case c.windows.size < headerSize:
		return nil, ErrNotObject
	case c.err != nil:
		return nil, c.err
	case c.at != c.windows.size:
		return nil, fmt.Errorf("seeing a file: %d of its %d bytes", c.at, c.windows.size)
	}
	f, err := parse(c.windows)
	if outside := (*outsideError)(nil); errors.As(err, &outside) {
		return nil, ErrApart
	}
	return f, err
}
