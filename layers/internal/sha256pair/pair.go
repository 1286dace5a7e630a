// Package sha256pair hashes one content for two SHA-256 digests at once: that
// of the tar that the content stands in, and its own. Start with [New].
//
// Each step of SHA-256 waits for the one before, so that a core hashing one
// digest is idle half of the time; and half of what it does, extending the
// message to 64 words (FIPS 180-4, 6.2.2), is the same for both digests
// when their blocks are the same. They are: in a tar, contents begin at
// multiples of 512 bytes. Where processors have instructions for SHA-256, the
// second digest thus costs next to nothing.
//
// Only whole blocks are hashed here. All else, and everything on other
// processors, is left to crypto/sha256.
package sha256pair

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

const (
	blockSize = 64
	// minBlocks is from how many blocks on fetching the states pays.
	minBlocks = 8
	// maxBlocks bounds what is hashed in one call, since the scheduler
	// can't interrupt it.
	maxBlocks = 1024
)

// A Pair is two hashes of crypto/sha256 that can be written to at once. Make
// one with [New].
type Pair struct {
	A, B  hash.Hash
	a, b  state
	plain bool // leave everything to the hashes
}

// state is one of the two hashes, and what it marshals to.
type state struct {
	sum  digest
	buf  []byte
	regs lanes
}

// digest is what the hashes of crypto/sha256 are.
type digest interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// New returns two new hashes.
func New() *Pair {
	p := &Pair{A: sha256.New(), B: sha256.New()}
	var okA, okB bool
	p.a.sum, okA = p.A.(digest)
	p.b.sum, okB = p.B.(digest)
	p.plain = !okA || !okB || !supported()
	return p
}

// Write adds b to both hashes. It returns len(b) and no error.
func (p *Pair) Write(b []byte) (int, error) {
	n := len(b)
	if !p.plain && n >= minBlocks*blockSize && p.load() {
		// A block may be begun, by the same number of bytes in both.
		if begun := p.a.pending(); begun > 0 {
			p.both(b[:blockSize-begun])
			b = b[blockSize-begun:]
			p.load()
		}
		b = p.blocks(b)
	}
	p.both(b)
	return n, nil
}

// both leaves b to the hashes.
func (p *Pair) both(b []byte) {
	p.A.Write(b)
	p.B.Write(b)
}

// blocks hashes the whole blocks of b and returns the rest.
func (p *Pair) blocks(b []byte) []byte {
	total := 0
	for len(b) >= blockSize {
		n := min(len(b)/blockSize, maxBlocks)
		blocks(&p.a.regs, &p.b.regs, &constants, &b[0], n)
		b = b[n*blockSize:]
		total += n * blockSize
	}
	p.a.store(total)
	p.b.store(total)
	return b
}

// load fetches both states and reports whether their blocks are the same.
func (p *Pair) load() bool {
	return p.a.load() && p.b.load() && p.a.pending() == p.b.pending()
}

// What a hash of crypto/sha256 marshals to: a magic number, A to H, the block
// that is begun, and the length so far, all of them big-endian.
const (
	magic     = "sha\x03"
	lengthAt  = len(magic) + 8*4 + blockSize
	marshaled = lengthAt + 8
)

// load fetches the state, and reports whether it looks as expected.
func (s *state) load() bool {
	buf, err := s.sum.AppendBinary(s.buf[:0])
	if err != nil || len(buf) != marshaled || string(buf[:len(magic)]) != magic {
		return false
	}
	s.buf = buf
	for i, from := range order {
		s.regs[i] = binary.BigEndian.Uint32(buf[len(magic)+4*from:])
	}
	return true
}

// pending returns how many bytes of a block are begun.
func (s *state) pending() int {
	return int(binary.BigEndian.Uint64(s.buf[lengthAt:]) % blockSize)
}

// store gives the state, n bytes later, back to the hash.
func (s *state) store(n int) {
	for i, to := range order {
		binary.BigEndian.PutUint32(s.buf[len(magic)+4*to:], s.regs[i])
	}
	length := binary.BigEndian.Uint64(s.buf[lengthAt:])
	binary.BigEndian.PutUint64(s.buf[lengthAt:], length+uint64(n))
	if err := s.sum.UnmarshalBinary(s.buf); err != nil {
		panic("sha256pair: a hash refuses its own state: " + err.Error())
	}
}
