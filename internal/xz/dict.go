package xz

const (
	// dictStart is where content begins in the window: before it is the zero
	// byte that the first literal takes for the one before it. A multiple of
	// 16, as are all moves, so that an index tells the position modulo 16.
	dictStart = 16
	// dictSlack is the room behind the content that copies may overshoot into.
	dictSlack = 32
	// maxChunk is the most content that an LZMA2 chunk has.
	maxChunk = 2 << 20
)

// dict is the content side: what was not handed out yet, after as much of what
// was as matches may refer to, in one piece.
type dict struct {
	buf  []byte
	size int // how far back a match may reach
	from int // index in buf of the first byte not handed out
	at   int // index in buf of the next byte
}

func (d *dict) reset() { d.from, d.at, d.size = dictStart, dictStart, 0 }

// begin starts a block: matches may reach back size bytes, but not into the
// block before. All content has been handed out.
func (d *dict) begin(size int64) {
	d.size = max(int(size), 4096)
	d.forget()
}

// forget leaves nothing that matches may refer to.
func (d *dict) forget() { d.from, d.at = dictStart, dictStart }

func (d *dict) pending() []byte {
	if d.from == d.at {
		return nil
	}
	return d.buf[d.from:d.at]
}

func (d *dict) drop(n int) { d.from += n }

func (d *dict) take(p []byte) int {
	n := copy(p, d.pending())
	d.from += n
	return n
}

// makeRoom sees to room for n bytes (maxChunk at most). All content has been
// handed out.
func (d *dict) makeRoom(n int) {
	if need := d.at + n + dictSlack; need > len(d.buf) {
		if full := d.full(); need <= full || len(d.buf) < full {
			d.grow(min(need, full), full)
		}
	}
	if d.at+n+dictSlack > len(d.buf) {
		move := (d.at - d.size - dictStart) &^ 15
		copy(d.buf[dictStart:], d.buf[dictStart+move:d.at])
		d.at -= move
	}
	d.buf[dictStart-1] = 0
	d.from = d.at
}

// full is how large the window becomes: the more content between two moves,
// the less they count.
func (d *dict) full() int {
	return dictStart + d.size + 16 + max(2*maxChunk, d.size/4) + dictSlack
}

// grow enlarges the window to need bytes, and to more as long as it is small,
// so that content costs no more memory than it has bytes.
func (d *dict) grow(need, full int) {
	buf := make([]byte, min(max(need, 2*len(d.buf)), full))
	copy(buf, d.buf[:min(d.at, len(d.buf))])
	d.buf = buf
}
