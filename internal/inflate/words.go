package inflate

import "encoding/binary"

// The helpers here are small enough for the compiler to inline, and written so
// that it needs no bounds checks.

// load brings the held bits to at least 56. Of count only the low six bits
// mean something, so that whole entries may be subtracted from it.
func load(window *[inputSize]byte, hold uint64, count, next uint) (uint64, uint, uint) {
	hold |= binary.LittleEndian.Uint64(window[next:next+8]) << (count & 63)
	return hold, count | 56, next + ^count>>3&7
}

// drop takes the bits of entry e.
func drop(hold uint64, count uint, e uint32) (uint64, uint) {
	return hold >> (e & 63), count - uint(e)
}

// copy8 copies eight bytes, which may overlap only from the front.
func copy8(out *[outputSize]byte, to, from uint) {
	to &= outputMask
	from &= outputMask
	binary.LittleEndian.PutUint64(out[to:to+8], binary.LittleEndian.Uint64(out[from:from+8]))
}

// repeat writes a match whose distance is less than eight, from to up to end
// and some bytes beyond.
func repeat(out *[outputSize]byte, to, end, dist uint) {
	p := &patterns[dist&7]
	from := (to - dist) & outputMask
	v := binary.LittleEndian.Uint64(out[from:from+8]) & p.mask * p.factor
	for to < end {
		i := to & outputMask
		binary.LittleEndian.PutUint64(out[i:i+8], v)
		to += p.step
	}
}

// pattern tells how to fill a word with copies of its first bytes.
type pattern struct {
	mask   uint64 // of these bytes
	factor uint64 // multiplying by it makes the copies
	step   uint   // bytes that whole copies fill
}

// patterns has the pattern for each distance.
var patterns = newPatterns()

func newPatterns() (t [8]pattern) {
	t[0].step = 8 // no distance is zero; were one, the loop would still end
	for n := 1; n < 8; n++ {
		p := &t[n]
		p.mask = 1<<(8*n) - 1
		p.step = uint(8 / n * n)
		for i := 0; i < 8; i += n {
			p.factor |= 1 << (8 * i)
		}
	}
	return t
}
