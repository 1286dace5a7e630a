package inflate

import (
	"errors"
	"io"
)

// Stream is one raw DEFLATE stream inside a larger file.
type Stream struct {
	Src io.ReaderAt
	// Off and Len bound the packed bytes; the stream must use all of them.
	Off, Len int64
	// Size is the declared length of the content in bytes.
	Size int64
}

// Tail tells where a stream's last block lies, so that the stream can be
// joined to others.
type Tail struct {
	// Final is the bit offset, from the stream's first bit, of the last
	// block's BFINAL bit.
	Final int64
	// End is the bit offset just past the stream's last bit;
	// (End+7)/8 is the stream's Len.
	End int64
}

// Decoder inflates streams, one after the other; it is not for concurrent use.
// It takes about 285 KB, whatever the streams' sizes. Make one with [NewDecoder].
type Decoder struct {
	input
	output
	lit   litTable
	dist  distTable
	fixed bool // lit and dist hold the fixed codes
	plain bool // the block is stored
	left  uint // bytes of the stored block that were not copied yet
	tmp   scratch
}

// NewDecoder returns a decoder, ready for any number of streams.
func NewDecoder() *Decoder { return new(Decoder) }

// Decode inflates s and hands the content to emit in order, in pieces of up
// to 128 KiB that are valid only during the call. It never reads
// outside of s, never hands out more than s.Size bytes, and returns emit's
// first error as it is.
//
// Errors are of the kinds [ErrCorrupt], [ErrTruncated], [ErrTrailing] and
// [ErrSize], or wrap what s.Src returned. Content that was handed out before
// an error must not be used.
func (d *Decoder) Decode(s Stream, emit func(p []byte) error) (Tail, error) {
	if s.Off < 0 || s.Len < 0 || s.Size < 0 {
		return Tail{}, errors.New("inflating: negative offset or size")
	}
	d.input.reset(s)
	d.output.reset(s.Size, emit)
	var tail Tail
	for last := false; !last; {
		if err := d.fill(headerBytes); err != nil {
			return Tail{}, err
		}
		tail.Final = d.pos()
		var err error
		if last, err = d.openBlock(); err != nil {
			return Tail{}, err
		}
		if err := d.block(); err != nil {
			return Tail{}, err
		}
	}
	tail.End = d.pos()
	if used := (tail.End + 7) / 8; used != s.Len {
		return Tail{}, &TrailingError{Used: used, Len: s.Len}
	}
	if err := d.finish(); err != nil {
		return Tail{}, err
	}
	return tail, nil
}

// openBlock reads what precedes a block's content, and reports whether the
// block is the last one. The window holds headerBytes, or all that there is.
func (d *Decoder) openBlock() (last bool, err error) {
	d.refill()
	last = d.take(1) == 1
	kind := d.take(2)
	d.plain = kind == 0
	switch kind {
	case 0:
		return last, d.openStored()
	case 1:
		d.useFixed()
		return last, nil
	case 2:
		return last, d.readCodes()
	}
	return last, d.corrupt("reserved block type")
}

// block decodes the content of the block that was opened.
func (d *Decoder) block() error {
	for {
		done, err := d.more()
		if done || err != nil {
			return err
		}
		if err := d.makeRoom(); err != nil {
			return err
		}
	}
}

// more decodes on until the block is done, or there is no more room.
func (d *Decoder) more() (done bool, err error) {
	if d.plain {
		return d.moreStored()
	}
	return d.moreSymbols()
}

// corrupt returns the error for damage seen at the current position: bits that
// the stream doesn't have mean that it was cut off, content beyond the
// declared size that there is too much of it.
func (d *Decoder) corrupt(reason string) error {
	if err := d.checkEnd(); err != nil {
		return err
	}
	if err := d.checkSize(); err != nil {
		return err
	}
	return &CorruptError{Bit: d.pos(), Reason: reason}
}
