package xz

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	headerMagic = "\xfd7zXZ\x00"
	footerMagic = "YZ"
)

// streamHeader reads what a stream begins with (section 2.1.1), or finds that
// there is no other stream.
func (z *Reader) streamHeader() error {
	if !z.first {
		if err := z.streamPadding(); err != nil {
			return err
		}
	}
	var magic [len(headerMagic)]byte
	if err := z.src.takePlain(magic[:]); err != nil {
		return err
	}
	if string(magic[:]) != headerMagic {
		if z.first {
			return fmt.Errorf("%w: it doesn't begin as one", ErrCorrupt)
		}
		return corrupt("bytes after the end are no other stream")
	}
	z.src.crc = 0
	if err := z.src.take(z.flags[:]); err != nil {
		return err
	}
	if err := z.src.checksum("stream's header"); err != nil {
		return err
	}
	if z.flags[0] != 0 || z.flags[1] > 0x0f {
		return unsupported("the stream's flags are of a later version of the format")
	}
	if err := z.setCheck(z.flags[1]); err != nil {
		return err
	}
	z.index.reset()
	z.first = false
	z.state = (*Reader).blockHeader
	return nil
}

// streamPadding skips zero bytes, a multiple of four, between streams (section
// 2.2). The error is io.EOF at the end of the file.
func (z *Reader) streamPadding() error {
	for n := 0; ; n++ {
		if z.src.next == z.src.end {
			err := z.src.fill()
			if err == io.EOF && n%4 != 0 { //nolint:errorlint // fill's own
				return corrupt("the padding after a stream is no multiple of four")
			}
			if err != nil {
				return err
			}
		}
		if z.src.buf[z.src.next] != 0 {
			if n%4 != 0 {
				return corrupt("the padding after a stream is no multiple of four")
			}
			return nil
		}
		z.src.next++
		z.src.taken++
	}
}

// streamFooter reads what a stream ends with (section 2.1.2).
func (z *Reader) streamFooter() error {
	var b [12]byte
	if err := z.src.takePlain(b[:]); err != nil {
		return err
	}
	switch {
	case string(b[10:]) != footerMagic:
		return corrupt("the stream has no footer")
	case crc32.ChecksumIEEE(b[4:10]) != binary.LittleEndian.Uint32(b[:4]):
		return corrupt("the CRC-32 of the stream's footer is wrong")
	case (int64(binary.LittleEndian.Uint32(b[4:8]))+1)*4 != z.index.size:
		return corrupt("the stream's footer gives another size of the index")
	case [2]byte(b[8:10]) != z.flags:
		return corrupt("the flags in the stream's footer differ from those in its header")
	}
	z.state = (*Reader).streamHeader
	return nil
}
