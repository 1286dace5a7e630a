package layers

import "hash/crc32"

// crcPowers holds x^(2^n) modulo the CRC-32 polynomial, in the bit order of
// hash/crc32 (the highest bit is the coefficient of x^0).
var crcPowers = func() (t [32]uint32) {
	t[0] = 1 << 30 // x
	for n := 1; n < len(t); n++ {
		t[n] = crcMultiply(t[n-1], t[n-1])
	}
	return t
}()

// crcMultiply returns a*b modulo the CRC-32 polynomial.
func crcMultiply(a, b uint32) uint32 {
	var p uint32
	for ; a != 0; a <<= 1 {
		p ^= b & -(a >> 31)
		b = b>>1 ^ crc32.IEEE&-(b&1)
	}
	return p
}

// crcConcat returns the CRC-32 of A followed by B, given those of A and B and
// the length of B in bytes. Appending a byte multiplies what came before by
// x^8, so A's part is multiplied by x^(8*length).
func crcConcat(a, b uint32, length int64) uint32 {
	// The multiplicative order of x is 2^32-1, so 2^(n+32) is 2^n there.
	for n := 3; length > 0; n, length = n+1, length>>1 {
		if length&1 != 0 {
			a = crcMultiply(crcPowers[n%len(crcPowers)], a)
		}
	}
	return a ^ b
}
