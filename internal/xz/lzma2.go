package xz

import "encoding/binary"

const (
	// packedSize bounds the packed bytes of a chunk (64 KiB). Twice that, so
	// that an index is kept within by a mask, whatever the bytes say.
	packedSize = 128 << 10
	packedMask = packedSize - 1
	rangeBytes = 5 // that the range decoder begins with
)

// lzma2 is the state of the filter (section 5.3.1): chunks of LZMA, or of
// content as it is.
type lzma2 struct {
	needReset, needProps bool
	packed               [packedSize]byte
	model                model
}

// begin starts a block.
func (l *lzma2) begin() { l.needReset, l.needProps = true, true }

// chunk decodes one chunk into the dictionary; false if there is none left.
func (z *Reader) chunk() (more bool, err error) {
	l := &z.lzma2
	control, err := z.src.byte()
	if err != nil || control == 0 {
		return false, err
	}
	if control >= 0xe0 || control == 1 {
		l.needReset, l.needProps = false, true
		z.dict.forget()
	} else if l.needReset {
		return false, corrupt("a block's first chunk does not reset the dictionary")
	}
	if control >= 0x80 {
		return true, z.chunkLZMA(control)
	}
	if control > 2 {
		return false, corrupt("a chunk's control byte is none")
	}
	var b [2]byte
	if err := z.src.take(b[:]); err != nil {
		return false, err
	}
	n := int(binary.BigEndian.Uint16(b[:])) + 1
	z.dict.makeRoom(n)
	if err := z.src.takePlain(z.dict.buf[z.dict.at : z.dict.at+n]); err != nil {
		return false, err
	}
	z.dict.at += n
	return true, nil
}

// chunkLZMA decodes a chunk of LZMA.
func (z *Reader) chunkLZMA(control byte) error {
	l := &z.lzma2
	var b [4]byte
	if err := z.src.take(b[:]); err != nil {
		return err
	}
	content := int(control&0x1f)<<16 + int(binary.BigEndian.Uint16(b[:2])) + 1
	packed := int(binary.BigEndian.Uint16(b[2:])) + 1
	switch {
	case control >= 0xc0:
		props, err := z.src.byte()
		if err != nil {
			return err
		}
		if err := l.model.setProps(props); err != nil {
			return err
		}
		l.needProps = false
	case l.needProps:
		return corrupt("a chunk has no properties, and none came before it")
	case control >= 0xa0:
		l.model.reset()
	}
	if packed < rangeBytes {
		return corrupt("a chunk is too short")
	}
	z.dict.makeRoom(content)
	if err := z.src.takePlain(l.packed[:packed]); err != nil {
		return err
	}
	if l.packed[0] != 0 {
		return corrupt("a chunk doesn't begin with a zero byte")
	}
	return z.dict.run(&l.model, &l.packed, uint(packed), uint(content))
}
