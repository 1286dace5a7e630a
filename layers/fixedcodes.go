package layers

import "math/bits"

// code is a Huffman code, with extra bits if any: its bits, lowest first.
type code struct {
	bits uint32
	n    uint
}

// The fixed codes of RFC 1951, section 3.2.6.
var (
	literalCodes = fixedLiterals()
	lengthCodes  = fixedLengths()
)

// fixedCode returns the code of a symbol of the literal/length alphabet.
// Huffman codes stand with their highest bit first, hence the reversal.
func fixedCode(symbol uint32) code {
	var v uint32
	var n uint
	switch {
	case symbol < 144:
		v, n = 0x30+symbol, 8
	case symbol < 256:
		v, n = 0x190+symbol-144, 9
	case symbol < 280:
		v, n = symbol-256, 7
	default:
		v, n = 0xc0+symbol-280, 8
	}
	return code{bits.Reverse32(v) >> (32 - n), n}
}

func fixedLiterals() (t [256]code) {
	for b := range t {
		t[b] = fixedCode(uint32(b))
	}
	return t
}

// fixedLengths returns the codes of match lengths, extra bits included (RFC
// 1951, section 3.2.5).
func fixedLengths() (t [maxMatch + 1]code) {
	length := minMatch
	for symbol := uint32(257); symbol < 285; symbol++ {
		extra := uint(0)
		if symbol >= 265 {
			extra = uint(symbol-261) / 4
		}
		for v := range uint32(1) << extra {
			c := fixedCode(symbol)
			t[length] = code{c.bits | v<<c.n, c.n + extra}
			length++
		}
	}
	t[maxMatch] = fixedCode(285)
	return t
}

func lengthBits(length int) int { return int(lengthCodes[length].n) }

// distanceCode returns the code of a distance: five bits, then extra ones
// (RFC 1951, section 3.2.5).
func distanceCode(dist int) code {
	d := uint32(dist - 1)
	if d < 4 {
		return code{bits.Reverse32(d) >> 27, 5}
	}
	extra := uint(bits.Len32(d)) - 2 // the two highest bits choose the code
	symbol := uint32(extra)*2 + d>>extra
	return code{bits.Reverse32(symbol)>>27 | d&(1<<extra-1)<<5, 5 + extra}
}

func distanceBits(dist int) int { return int(distanceCode(dist).n) }

func (e *headerEncoder) literal(b byte) {
	c := literalCodes[b]
	e.write(c.bits, c.n)
}

func (e *headerEncoder) match(m match) {
	c := lengthCodes[m.length]
	e.write(c.bits, c.n)
	c = distanceCode(m.dist)
	e.write(c.bits, c.n)
}
