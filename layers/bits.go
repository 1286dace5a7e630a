package layers

// bitWriter appends bits to bytes, lowest bit first, as DEFLATE has them.
type bitWriter struct {
	buf []byte
	acc uint64 // bits that don't fill a byte yet
	n   uint   // how many
}

// write appends the low n bits of v, whose other bits must be zero; n is at
// most 32.
func (w *bitWriter) write(v uint32, n uint) {
	w.acc |= uint64(v) << w.n
	w.n += n
	for w.n >= 8 {
		w.buf = append(w.buf, byte(w.acc))
		w.acc >>= 8
		w.n -= 8
	}
}

// align fills the last byte up with zero bits.
func (w *bitWriter) align() {
	if w.n > 0 {
		w.write(0, 8-w.n)
	}
}

// resume starts in the middle of a byte whose low n bits are given already,
// n being less than 8. The writer must stand at a byte boundary.
func (w *bitWriter) resume(b byte, n uint) {
	w.acc = uint64(b) & (1<<n - 1)
	w.n = n
}
