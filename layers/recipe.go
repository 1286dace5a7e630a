package layers

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// Head is what a recipe tells of its layer without the recipe's program.
type Head struct {
	Key     Key
	Digest  [sha256.Size]byte // of the compressed bytes
	DiffID  [sha256.Size]byte // of the tar
	Size    int64             // of the compressed bytes
	TarSize int64
	Entries int64     // paths in the tar
	ModTime time.Time // of each of them
}

// recipe is all that is needed to write a layer's bytes, apart from the
// sources and the spool.
type recipe struct {
	Head
	sources []fileID
	spool   fileID // of size 0 where there is none
	program []byte
}

// fileID names a file by its content.
type fileID struct {
	sha256 [sha256.Size]byte
	size   int64
}

// The encoding of a recipe, all numbers little-endian:
//
//	magic, FormatVersion (4 bytes)
//	key, digest, diffID (32 bytes each)
//	size, tar size, entries, mtime in seconds (8 bytes each)
//	CRC-32 of all before
//	number of sources (varint); SHA-256 and size (varint) of each
//	size of the spool (varint), its SHA-256 unless that is 0
//	length of the program (varint), the program
//	CRC-32 of all before
const recipeMagic = "layer\x00\r\n"

// HeadSize is the length of what [ParseHead] reads of a recipe.
const HeadSize = len(recipeMagic) + 4 + 3*sha256.Size + 4*8 + crc32.Size

// ErrRecipe reports bytes that are no recipe of this version, or a damaged
// one.
var ErrRecipe = errors.New("not a usable recipe")

// encode returns the recipe's bytes.
func (r *recipe) encode() []byte {
	b := make([]byte, 0, HeadSize+len(r.sources)*(sha256.Size+5)+len(r.program)+64)
	b = append(b, recipeMagic...)
	b = binary.LittleEndian.AppendUint32(b, FormatVersion)
	b = append(append(append(b, r.Key[:]...), r.Digest[:]...), r.DiffID[:]...)
	for _, v := range [...]int64{r.Size, r.TarSize, r.Entries, r.ModTime.Unix()} {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	b = binary.AppendUvarint(b, uint64(len(r.sources)))
	for _, s := range r.sources {
		b = append(b, s.sha256[:]...)
		b = binary.AppendUvarint(b, uint64(s.size))
	}
	b = binary.AppendUvarint(b, uint64(r.spool.size))
	if r.spool.size > 0 {
		b = append(b, r.spool.sha256[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(r.program)))
	b = append(b, r.program...)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// ParseHead reads the head of a recipe, as a [Store] keeps it under
// [KindRecipe]; b may be cut off after it. The error wraps [ErrRecipe].
func ParseHead(b []byte) (Head, error) {
	if len(b) < HeadSize || string(b[:len(recipeMagic)]) != recipeMagic {
		return Head{}, ErrRecipe
	}
	sum := HeadSize - crc32.Size
	if crc32.ChecksumIEEE(b[:sum]) != binary.LittleEndian.Uint32(b[sum:]) {
		return Head{}, fmt.Errorf("%w: wrong checksum", ErrRecipe)
	}
	b = b[len(recipeMagic):]
	if v := binary.LittleEndian.Uint32(b); v != FormatVersion {
		return Head{}, fmt.Errorf("%w: its version is %d, not %d", ErrRecipe, v, FormatVersion)
	}
	b = b[4:]
	var h Head
	for _, sum := range [...][]byte{h.Key[:], h.Digest[:], h.DiffID[:]} {
		b = b[copy(sum, b):]
	}
	var v [4]int64
	for i := range v {
		v[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
		if v[i] < 0 || v[i] > maxCount {
			return Head{}, fmt.Errorf("%w: a number is out of range", ErrRecipe)
		}
	}
	h.Size, h.TarSize, h.Entries, h.ModTime = v[0], v[1], v[2], time.Unix(v[3], 0).UTC()
	return h, nil
}

// parseRecipe reads a recipe and checks that its program can't leave its
// inputs and gives as many bytes as the head says. The error wraps
// [ErrRecipe]. The recipe refers to b.
func parseRecipe(b []byte) (*recipe, error) {
	h, err := ParseHead(b)
	if err != nil {
		return nil, err
	}
	sum := len(b) - crc32.Size
	if sum < HeadSize || crc32.ChecksumIEEE(b[:sum]) != binary.LittleEndian.Uint32(b[sum:]) {
		return nil, fmt.Errorf("%w: wrong checksum", ErrRecipe)
	}
	r := &recipe{Head: h}
	if !r.parseBody(b[HeadSize:sum]) {
		return nil, fmt.Errorf("%w: its parts are inconsistent", ErrRecipe)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecipe, err)
	}
	return r, nil
}

func (r *recipe) parseBody(b []byte) bool {
	in := programReader{buf: b}
	n, ok := in.uvarint()
	if !ok || n > uint64(len(in.buf)/sha256.Size) {
		return false
	}
	r.sources = make([]fileID, n)
	for i := range r.sources {
		s := &r.sources[i]
		if len(in.buf) < sha256.Size {
			return false
		}
		in.buf = in.buf[copy(s.sha256[:], in.buf):]
		if s.size, ok = in.length(); !ok {
			return false
		}
	}
	if r.spool.size, ok = in.length(); !ok {
		return false
	}
	if r.spool.size > 0 {
		if len(in.buf) < sha256.Size {
			return false
		}
		in.buf = in.buf[copy(r.spool.sha256[:], in.buf):]
	}
	size, ok := in.length()
	r.program = in.buf
	return ok && size == int64(len(in.buf))
}

// length reads a varint that is a length.
func (r *programReader) length() (int64, bool) {
	v, ok := r.uvarint()
	return int64(v), ok && v <= maxCount
}

// check goes through the program without running it.
func (r *recipe) check() error {
	var size, spooled int64
	p := programReader{buf: r.program, ends: make([]int64, len(r.sources))}
	for len(p.buf) > 0 {
		o, err := p.next()
		if err != nil {
			return err
		}
		switch o.kind {
		case opSpool:
			spooled += o.n
		case opCopy, opStored:
			if o.offset+o.n > r.sources[o.source].size {
				return errProgram
			}
		}
		if size += o.size(); size > r.Size || spooled > r.spool.size {
			return errProgram
		}
	}
	if size != r.Size || spooled != r.spool.size {
		return errProgram
	}
	return nil
}
