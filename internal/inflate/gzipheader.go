package inflate

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"
)

// Flags of a member's header (RFC 1952, 2.3.1). The others are reserved or,
// like the first, need nothing of us; compress/gzip passes over both.
const (
	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
)

// maxHeaderText is what compress/gzip takes of a name or a comment, with the
// zero at its end.
const maxHeaderText = 512

// decoders saves readers from clearing 285 KB each.
var decoders = sync.Pool{New: func() any { return NewDecoder() }}

// openMember reads a member's header, of which nothing but the flags matters.
// It returns io.EOF where there is no more member.
func (z *GzipReader) openMember() error {
	d := z.decoder
	if err := d.fill(1); err != nil {
		return err
	}
	if d.next == d.end {
		return io.EOF
	}
	fixed, err := d.bytes(10)
	if err != nil {
		return err
	}
	if fixed[0] != 0x1f || fixed[1] != 0x8b || fixed[2] != 8 {
		return ErrHeader
	}
	flags, sum := fixed[3], crc32.ChecksumIEEE(fixed)
	if flags&flagExtra != 0 {
		if sum, err = d.skipExtra(sum); err != nil {
			return err
		}
	}
	for _, flag := range []byte{flagName, flagComment} {
		if flags&flag == 0 {
			continue
		}
		if sum, err = d.skipText(sum); err != nil {
			return err
		}
	}
	if flags&flagHeaderCRC != 0 {
		want, err := d.bytes(2)
		if err != nil {
			return err
		}
		if binary.LittleEndian.Uint16(want) != uint16(sum) {
			return ErrHeader
		}
	}
	z.stage, z.last, z.sum, z.size = betweenBlocks, false, 0, 0
	d.output.reset(unknown, nil)
	return nil
}

// skipExtra passes over the extra field and adds it to the header's CRC-32.
func (in *input) skipExtra(sum uint32) (uint32, error) {
	b, err := in.bytes(2)
	if err != nil {
		return 0, err
	}
	left := uint(binary.LittleEndian.Uint16(b))
	sum = crc32.Update(sum, crc32.IEEETable, b)
	for left > 0 {
		if b, err = in.bytes(min(left, headerBytes)); err != nil {
			return 0, err
		}
		left -= uint(len(b))
		sum = crc32.Update(sum, crc32.IEEETable, b)
	}
	return sum, nil
}

// skipText passes over a name or comment, which a zero ends.
func (in *input) skipText(sum uint32) (uint32, error) {
	for range maxHeaderText {
		b, err := in.bytes(1)
		if err != nil {
			return 0, err
		}
		sum = crc32.Update(sum, crc32.IEEETable, b)
		if b[0] == 0 {
			return sum, nil
		}
	}
	return 0, ErrHeader
}
