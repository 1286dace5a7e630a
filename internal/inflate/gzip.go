package inflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

var (
	// ErrHeader is what is no gzip header (RFC 1952, 2.3).
	ErrHeader = errors.New("invalid gzip header")
	// ErrChecksum is content whose CRC-32 or size isn't what follows it.
	ErrChecksum = errors.New("CRC-32 or size of the gzip member is wrong")
)

// stage is where a [GzipReader] stands.
type stage int

const (
	betweenBlocks stage = iota
	inBlock
	memberEnd // the content of a member is over, its trailer is not read
)

// GzipReader undoes gzip (RFC 1952), in the place of compress/gzip's Reader:
// it takes the same files, one or more members behind each other, and refuses
// the same. It may read ahead. Content that was handed out before an error
// must not be used. It is not for concurrent use.
type GzipReader struct {
	decoder *Decoder // nil when closed
	stage   stage
	last    bool   // no block follows this one
	sum     uint32 // CRC-32 of the member so far
	size    uint32 // of the member so far, modulo 2^32
	rest    []byte // of the decoder's output, still to be given out
	err     error  // what follows the rest
}

// NewGzipReader reads the first member's header. Like compress/gzip it returns
// io.EOF where there is nothing at all, and errors of the kinds [ErrHeader],
// [ErrChecksum], [ErrCorrupt] and [ErrTruncated], or what wraps r's.
// Whoever closes the reader saves the next one from allocating some 285 KB.
func NewGzipReader(r io.Reader) (*GzipReader, error) {
	d, ok := decoders.Get().(*Decoder)
	if !ok {
		d = NewDecoder()
	}
	d.resetTo(r)
	z := &GzipReader{decoder: d}
	if err := z.openMember(); err != nil {
		return nil, errors.Join(err, z.Close())
	}
	return z, nil
}

// Read implements io.Reader.
func (z *GzipReader) Read(p []byte) (int, error) {
	if len(z.rest) == 0 {
		if z.next(); len(z.rest) == 0 {
			return 0, z.err
		}
	}
	n := copy(p, z.rest)
	z.rest = z.rest[n:]
	return n, nil
}

// WriteTo implements io.WriterTo.
func (z *GzipReader) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		n, err := w.Write(z.rest)
		z.rest = z.rest[n:]
		total += int64(n)
		if err != nil {
			return total, err
		}
		if z.next(); len(z.rest) > 0 {
			continue
		}
		if z.err == io.EOF { //nolint:errorlint // this very value, as io.Copy has it
			return total, nil
		}
		return total, z.err
	}
}

var errClosed = errors.New("reading from a gzip reader that is closed")

// Close implements io.Closer. It doesn't close what was read from.
func (z *GzipReader) Close() error {
	if z.decoder != nil {
		z.decoder.resetTo(nil)
		decoders.Put(z.decoder)
	}
	z.decoder, z.rest, z.err = nil, nil, errClosed
	return nil
}

// next brings more of the content, or an error.
func (z *GzipReader) next() {
	if z.err != nil {
		return
	}
	if z.err = z.advance(); z.err != nil {
		return
	}
	d := z.decoder
	z.rest = d.out[d.from:d.at]
	d.from = d.at
	z.sum = crc32.Update(z.sum, crc32.IEEETable, z.rest)
	z.size += uint32(len(z.rest))
}

// advance decodes until there is a good deal to hand out, or the rest of a
// member. All that there was has been handed out.
func (z *GzipReader) advance() error {
	d := z.decoder
	if d.at >= outputLimit {
		d.slide()
	}
	for {
		switch z.stage {
		case betweenBlocks:
			if z.last {
				z.stage = memberEnd
				continue
			}
			if err := d.fill(headerBytes); err != nil {
				return err
			}
			var err error
			if z.last, err = d.openBlock(); err != nil {
				return err
			}
			z.stage = inBlock
		case inBlock:
			done, err := d.more()
			if err != nil || !done {
				return err
			}
			z.stage = betweenBlocks
		case memberEnd:
			if d.from < d.at {
				return nil
			}
			if err := z.closeMember(); err != nil {
				return err
			}
			if err := z.openMember(); err != nil {
				return err
			}
		}
	}
}

// closeMember reads a member's trailer: the content's CRC-32 and size.
func (z *GzipReader) closeMember() error {
	d := z.decoder
	d.take(d.count & 7)
	d.putBack()
	trailer, err := d.bytes(8)
	if err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(trailer) != z.sum || binary.LittleEndian.Uint32(trailer[4:]) != z.size {
		return ErrChecksum
	}
	return nil
}
