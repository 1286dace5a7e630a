package layers

import (
	"encoding/binary"
	"math/bits"
)

// DEFLATE's limits for matches (RFC 1951, section 2).
const (
	minMatch, maxMatch = 3, 258
	window             = 32768
)

// headerEncoder deflates what lies between the files' contents: padding and
// tar headers. It writes blocks with the fixed Huffman codes that begin at any
// bit, and knows but three kinds of matches, which is all that headers need:
// runs of a byte, fields that repeat the one before them (8 bytes each), and
// the same place in the last block of the same kind, if the content between
// the two leaves that within the window.
//
// Its output is part of every layer's digest: whatever changes here must
// raise [FormatVersion]. It depends on nothing that others may change.
type headerEncoder struct {
	bitWriter
	open bool // inside a block
	last [numKinds]struct {
		known  bool
		offset int64 // in the tar
		data   [blockSize]byte
	}
}

// zeros encodes n zero bytes, fewer than a tar block.
func (e *headerEncoder) zeros(n int) {
	var zero [blockSize]byte
	e.begin()
	e.encode(zero[:n], nil, 0)
}

// block encodes a block that stands at offset in the tar.
func (e *headerEncoder) block(b *block, offset int64) {
	e.begin()
	last := &e.last[b.kind]
	if dist := offset - last.offset; last.known && dist <= window {
		e.encode(b.data[:], last.data[:], int(dist))
	} else {
		e.encode(b.data[:], nil, 0)
	}
	last.known, last.offset, last.data = true, offset, b.data
}

// begin opens a block that is not the last one, unless one is open.
func (e *headerEncoder) begin() {
	if !e.open {
		e.write(blockFixed, 3)
		e.open = true
	}
}

// end closes the block, if one is open.
func (e *headerEncoder) end() {
	if e.open {
		e.write(0, 7) // end of block
		e.open = false
	}
}

// Block headers: BFINAL in the lowest bit, then BTYPE.
const (
	blockStored     = 0
	blockFixed      = 1 << 1
	blockFixedFinal = 1<<1 | 1
)

// sync ends the block and reaches a byte boundary by an empty stored block.
func (e *headerEncoder) sync() {
	e.end()
	e.write(blockStored, 3)
	e.align()
	e.buf = append(e.buf, 0, 0, 0xff, 0xff)
}

// stored ends the block and begins a stored block up to its length field,
// which is at a byte boundary.
func (e *headerEncoder) stored() {
	e.end()
	e.write(blockStored, 3)
	e.align()
}

// finish ends the stream with an empty block that is the last one.
func (e *headerEncoder) finish() {
	e.end()
	e.write(blockFixedFinal, 3)
	e.write(0, 7)
	e.align()
}

// encode writes x; ref, if any, is the content dist bytes before x.
func (e *headerEncoder) encode(x, ref []byte, dist int) {
	for i := 0; i < len(x); {
		m := bestMatch(x, i, ref, dist)
		if m.gain <= 0 || i+1 < len(x) && bestMatch(x, i+1, ref, dist).gain > m.gain {
			e.literal(x[i])
			i++
			continue
		}
		e.match(m)
		i += m.length
	}
}

// match is a copy of length bytes from dist bytes back, and the bits that it
// saves against literals.
type match struct{ length, dist, gain int }

func bestMatch(x []byte, i int, ref []byte, dist int) match {
	var best match
	try := func(from []byte, dist int) {
		n := matchLength(x[i:], from)
		if n < minMatch {
			return
		}
		if gain := 8*n - lengthBits(n) - distanceBits(dist); gain > best.gain {
			best = match{n, dist, gain}
		}
	}
	if i >= 1 && x[i] == x[i-1] {
		try(x[i-1:], 1)
	}
	if i >= 8 && x[i] == x[i-8] {
		try(x[i-8:], 8)
	}
	if i < len(ref) && x[i] == ref[i] {
		try(ref[i:], dist)
	}
	return best
}

// matchLength returns how many bytes a and b have in common at their start,
// at most maxMatch.
func matchLength(a, b []byte) int {
	limit := min(len(a), len(b), maxMatch)
	n := 0
	for ; n+8 <= limit; n += 8 {
		if d := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); d != 0 {
			return n + bits.TrailingZeros64(d)/8
		}
	}
	for n < limit && a[n] == b[n] {
		n++
	}
	return n
}
