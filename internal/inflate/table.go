package inflate

import (
	"math/bits"
	"sync"
)

const (
	maxBits  = 15 // of any code
	litBits  = 11 // bits that index the first level of a litTable
	distBits = 9
	metaBits = 7 // the longest code there
)

// The sizes hold the first level and every subtable that a complete code can
// need: 2342 and 594 entries by zlib's count of the worst cases. They are
// powers of two so that a mask bounds an index.
type (
	litTable  [4096]uint32
	distTable [1024]uint32
	metaTable [1 << metaBits]uint32
)

// level says what a kind of table looks like.
type level struct {
	root    uint   // bits that index the first level
	link    uint32 // flags of an entry that leads to a subtable
	invalid uint32 // the entry for bits that are no code
}

var (
	litLevel  = level{litBits, entrySpecial, entrySpecial | entryBad}
	distLevel = level{distBits, distSpecial, distSpecial | distBad}
	metaLevel = level{metaBits, 0, entryBad}
)

// scratch is the builder's memory.
type scratch struct {
	lengths [numLit + numDist + 138]uint8 // of the codes; a last repeat may overshoot
	sorted  [maxLit]uint16                // symbols by length of code, then value
	meta    metaTable
}

// build fills t for the canonical code (RFC 1951, 3.2.2) with these code
// lengths, whose entries are bases plus the length of the code. The code must
// be complete, but may also be empty or a single code of one bit: like zlib
// and compress/flate, which refuse it only when bits that are no code come up.
// build returns whether the code is allowed.
func (l *level) build(t []uint32, lengths []uint8, bases []uint32, sorted *[maxLit]uint16) bool {
	var count, start [maxBits + 1]uint16
	for _, n := range lengths {
		count[n&15]++
	}
	left := 1 // codes of the current length that are not given away
	for n := 1; n <= maxBits; n++ {
		left = left<<1 - int(count[n])
		if left < 0 {
			return false
		}
	}
	if left > 0 {
		return l.buildIncomplete(t, lengths, bases)
	}
	for n := 1; n < maxBits; n++ {
		start[n+1] = start[n] + count[n]
	}
	for s, n := range lengths {
		if n != 0 {
			sorted[start[n&15]] = uint16(s)
			start[n&15]++
		}
	}
	l.fill(t, bases, sorted, &count)
	return true
}

// buildIncomplete is build for the codes that leave bits without a meaning.
func (l *level) buildIncomplete(t []uint32, lengths []uint8, bases []uint32) bool {
	only := -1
	for s, n := range lengths {
		if n == 0 {
			continue
		}
		if n > 1 || only >= 0 {
			return false
		}
		only = s
	}
	for i := range t[:1<<l.root] {
		t[i] = l.invalid
		if only >= 0 && i&1 == 0 {
			t[i] = bases[only] + 1<<8 + 1
		}
	}
	return true
}

// fill writes the table of a complete code. Codes are taken in their order,
// bit-reversed, as they are read: the table for n bits is the one for n-1 bits
// twice, with the codes of n bits written over what was still open.
func (l *level) fill(t []uint32, bases []uint32, sorted *[maxLit]uint16, count *[maxBits + 1]uint16) {
	code, k := uint(0), uint(0)
	for n := uint(1); n <= l.root; n++ {
		half := uint(1) << (n - 1)
		copy(t[half:half*2], t[:half])
		for range count[n] {
			t[code] = bases[sorted[k]] + uint32(n<<8+n)
			code = following(code, n)
			k++
		}
	}
	next := uint(1) << l.root // where the next subtable goes
	var sub []uint32
	prefix := ^uint(0)
	for n := l.root + 1; n <= maxBits; n++ {
		for c := uint(count[n]); c > 0; c-- {
			if p := code & (1<<l.root - 1); p != prefix {
				prefix = p
				size := l.subBits(count, n, c)
				t[p] = l.link | uint32(next<<16|size<<8|l.root)
				sub = t[next : next+1<<size]
				next += 1 << size
			}
			e := bases[sorted[k]] + uint32((n-l.root)<<8+(n-l.root))
			for i := code >> l.root; i < uint(len(sub)); i += 1 << (n - l.root) {
				sub[i] = e
			}
			code = following(code, n)
			k++
		}
	}
}

// subBits is the number of bits that index a subtable whose first code has n
// bits, being one of the last c of that length: as many as its longest code
// has beyond the first level.
func (l *level) subBits(count *[maxBits + 1]uint16, n, c uint) uint {
	size := n - l.root
	for used := c; used < 1<<size; {
		size++
		used = used<<1 + uint(count[l.root+size])
	}
	return size
}

// following returns the bit-reversed code of n bits that follows code in
// canonical order; after the last one, its result is of no use.
func following(code, n uint) uint {
	zeros := ^code & (1<<n - 1)
	if zeros == 0 {
		return code
	}
	top := uint(1) << (bits.Len(zeros) - 1)
	return code&(top-1) | top
}

// fixedTables are the tables for blocks with the fixed codes (RFC 1951, 3.2.6).
type fixedTables struct {
	lit  [1 << litBits]uint32
	dist [1 << distBits]uint32
}

var fixed = sync.OnceValue(func() *fixedTables {
	var lengths [maxLit]uint8
	for s := range lengths {
		switch {
		case s < 144:
			lengths[s] = 8
		case s < 256:
			lengths[s] = 9
		case s < 280:
			lengths[s] = 7
		default:
			lengths[s] = 8
		}
	}
	var f fixedTables
	var sorted [maxLit]uint16
	litLevel.build(f.lit[:], lengths[:], litBase[:], &sorted)
	for s := range maxDist {
		lengths[s] = 5
	}
	distLevel.build(f.dist[:], lengths[:maxDist], distBase[:], &sorted)
	return &f
})

// useFixed loads the tables of the fixed codes.
func (d *Decoder) useFixed() {
	if d.fixed {
		return
	}
	f := fixed()
	copy(d.lit[:], f.lit[:])
	copy(d.dist[:], f.dist[:])
	d.fixed = true
}
