package xz

// The range decoder (LZMA specification, "The range decoder") is two numbers,
// rng and code, of 32 bits each, and the index of the next packed byte. They are
// handed from function to function in registers.

// norm takes a byte when rng has become small.
func norm(w *[packedSize]byte, rng, code uint64, next uint) (uint64, uint64, uint) {
	if rng < 1<<24 {
		return rng << 8, code<<8 | uint64(w[next&packedMask]), next + 1
	}
	return rng, code, next
}

// decide decodes a bit that is easy to foretell as a rule: the branch is left to
// the processor to predict. It reports whether the bit is 0.
func decide(rng, code uint64, p *uint16) (r, c uint64, zero bool) {
	v := *p
	bound := rng >> 11 * uint64(v)
	if code < bound {
		*p = v + (1<<11-v)>>probMove
		return bound, code, true
	}
	*p = v - v>>probMove
	return rng - bound, code - bound, false
}

// pick decodes a bit with probability p, and returns what p becomes. Of m all
// bits are set if the bit is 0, and none if it is 1. Each condition sets one
// variable, which compilers do without a branch.
func pick(rng, code uint64, p uint16) (r, c uint64, q uint16, m uint64) {
	bound := rng >> 11 * uint64(p)
	r, c = bound, code
	if code >= bound {
		m++
	}
	if code >= bound {
		r = rng - bound
	}
	if code >= bound {
		c -= bound
	}
	m--
	return r, c, moved(p, m), m
}

// choose is pick, and returns the one of p0 and p1 that the bit chooses, too.
func choose(rng, code uint64, p, p0, p1 uint16) (r, c uint64, q, chosen uint16, m uint64) {
	bound := rng >> 11 * uint64(p)
	r, c = bound, code
	if code >= bound {
		m++
	}
	if code >= bound {
		r = rng - bound
	}
	if code >= bound {
		c -= bound
	}
	if code >= bound {
		p0 = p1
	}
	m--
	return r, c, moved(p, m), p0, m
}

// moved returns what p becomes: a bit that is 0 adds (1<<11-p)>>5, one that is 1
// takes p>>5 off.
func moved(p uint16, m uint64) uint16 {
	return p - uint16((int64(p)+int64(m)&(31-1<<11))>>probMove)
}

// literal decodes eight bits.
func literal(w *[packedSize]byte, probs *[1024]uint16, rng, code uint64, next uint) (uint64, uint64, uint, byte) {
	var m, i uint64
	var p0, p1 uint16
	s, p := uint64(1), probs[1]
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 3
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&1], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 7
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&3], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 15
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&7], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 31
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&15], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 63
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&31], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 127
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&63], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 255
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&127], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[s&255], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	return rng, code, next, byte(s)
}

// matched decodes eight bits after a match. As long as they are those of the
// byte that the match would have gone on with, that byte tells the model.
//
// Of the two probabilities that the next bit can have, pm is the one for when
// the bits are the same still, and pf the other; both are read ahead.
func matched(w *[packedSize]byte, probs *[1024]uint16, rng, code uint64, next uint, would byte) (uint64, uint64, uint, byte) {
	var m, t, e, j uint64
	var pm, pf uint16
	b, s, same := uint64(would), uint64(1), ^uint64(0)
	i := 0x101 + b<<1&0x100
	p := probs[i&1023]
	t = b >> 7 & 1
	e = (0x100 + b<<2&0x100) & same
	j = s<<1 + t
	pm, pf = probs[(j+e)&1023], probs[(j^1)&1023]
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[i&1023], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	m ^= -t
	p = pf ^ (pm^pf)&uint16(m)
	same &= m
	i = s + e&m
	t = b >> 6 & 1
	e = (0x100 + b<<3&0x100) & same
	j = s<<1 + t
	pm, pf = probs[(j+e)&1023], probs[(j^1)&1023]
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[i&1023], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	m ^= -t
	p = pf ^ (pm^pf)&uint16(m)
	same &= m
	i = s + e&m
	t = b >> 5 & 1
	e = (0x100 + b<<4&0x100) & same
	j = s<<1 + t
	pm, pf = probs[(j+e)&1023], probs[(j^1)&1023]
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[i&1023], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	m ^= -t
	p = pf ^ (pm^pf)&uint16(m)
	same &= m
	i = s + e&m
	t = b >> 4 & 1
	e = (0x100 + b<<5&0x100) & same
	j = s<<1 + t
	pm, pf = probs[(j+e)&1023], probs[(j^1)&1023]
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[i&1023], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	m ^= -t
	p = pf ^ (pm^pf)&uint16(m)
	same &= m
	i = s + e&m
	t = b >> 3 & 1
	e = (0x100 + b<<6&0x100) & same
	j = s<<1 + t
	pm, pf = probs[(j+e)&1023], probs[(j^1)&1023]
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[i&1023], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	m ^= -t
	p = pf ^ (pm^pf)&uint16(m)
	same &= m
	i = s + e&m
	t = b >> 2 & 1
	e = (0x100 + b<<7&0x100) & same
	j = s<<1 + t
	pm, pf = probs[(j+e)&1023], probs[(j^1)&1023]
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[i&1023], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	m ^= -t
	p = pf ^ (pm^pf)&uint16(m)
	same &= m
	i = s + e&m
	t = b >> 1 & 1
	e = (0x100 + b<<8&0x100) & same
	j = s<<1 + t
	pm, pf = probs[(j+e)&1023], probs[(j^1)&1023]
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[i&1023], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	m ^= -t
	p = pf ^ (pm^pf)&uint16(m)
	i = s + e&m
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[i&1023], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	return rng, code, next, byte(s)
}

// tree3 decodes three bits, from the highest on.
func tree3(w *[packedSize]byte, probs *[8]uint16, rng, code uint64, next uint) (uint64, uint64, uint, uint) {
	var m, i uint64
	var p0, p1 uint16
	s, p := uint64(1), probs[1]
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 3
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&1], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 7
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&3], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[s&7], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	return rng, code, next, uint(s & 7)
}

// tree6 decodes six bits, from the highest on.
func tree6(w *[packedSize]byte, probs *[64]uint16, rng, code uint64, next uint) (uint64, uint64, uint, uint) {
	var m, i uint64
	var p0, p1 uint16
	s, p := uint64(1), probs[1]
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 3
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&1], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 7
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&3], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 15
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&7], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 31
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&15], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 63
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&31], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[s&63], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	return rng, code, next, uint(s & 63)
}

// tree8 decodes eight bits, from the highest on.
func tree8(w *[packedSize]byte, probs *[256]uint16, rng, code uint64, next uint) (uint64, uint64, uint, uint) {
	var m uint64
	s := uint64(1)
	for range 8 {
		i := s & 255
		rng, code, next = norm(w, rng, code, next)
		rng, code, probs[i], m = pick(rng, code, probs[i])
		s = s<<1 + 1 + m
	}
	return rng, code, next, uint(s & 255)
}

// reverse decodes n bits, from the lowest on, by the part of probs that begins
// at first.
func reverse(w *[packedSize]byte, probs *[128]uint16, first, n uint, rng, code uint64, next uint) (uint64, uint64, uint, uint) {
	var m uint64
	s, v := uint64(1), uint64(0)
	p := probs[(first+1)&127]
	for k := range n {
		i := (uint64(first) + s<<1) & 127
		p0, p1 := probs[i], probs[(i+1)&127]
		i = (uint64(first) + s) & 127
		rng, code, next = norm(w, rng, code, next)
		rng, code, probs[i], m = pick(rng, code, p)
		p = p1 ^ (p0^p1)&uint16(m)
		s = s<<1 + 1 + m
		v |= (1 + m) << (k & 63)
	}
	return rng, code, next, uint(v)
}

// reverse4 decodes four bits, from the lowest on.
func reverse4(w *[packedSize]byte, probs *[16]uint16, rng, code uint64, next uint) (uint64, uint64, uint, uint) {
	var m, i uint64
	var p0, p1 uint16
	s, p := uint64(1), probs[1]
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 15
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&15], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 15
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&15], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	i = s << 1 & 15
	p0, p1 = probs[i], probs[i|1]
	rng, code, probs[s&15], p, m = choose(rng, code, p, p0, p1)
	s = s<<1 + 1 + m
	rng, code, next = norm(w, rng, code, next)
	rng, code, probs[s&15], m = pick(rng, code, p)
	s = s<<1 + 1 + m
	return rng, code, next, uint(s>>3&1 | s>>1&2 | s<<1&4 | s<<3&8)
}

// direct decodes n bits, from the highest on, that are as likely 0 as 1.
func direct(w *[packedSize]byte, n uint, rng, code uint64, next uint) (uint64, uint64, uint, uint) {
	v := uint64(0)
	for range n {
		rng, code, next = norm(w, rng, code, next)
		rng >>= 1
		d := code - rng
		m := uint64(int64(d) >> 63)
		code = d + rng&m
		v = v<<1 + 1 + m
	}
	return rng, code, next, uint(v)
}

// length decodes a length, less minMatch.
func (l *lengths) length(w *[packedSize]byte, posState uint, rng, code uint64, next uint) (uint64, uint64, uint, uint) {
	var v uint
	var zero bool
	rng, code, next = norm(w, rng, code, next)
	if rng, code, zero = decide(rng, code, &l.choice[0]); zero {
		return tree3(w, &l.low[posState&15], rng, code, next)
	}
	rng, code, next = norm(w, rng, code, next)
	if rng, code, zero = decide(rng, code, &l.choice[1]); zero {
		rng, code, next, v = tree3(w, &l.mid[posState&15], rng, code, next)
		return rng, code, next, v + 8
	}
	rng, code, next, v = tree8(w, &l.high, rng, code, next)
	return rng, code, next, v + 16
}

// distance decodes a distance less one, for a length less minMatch.
func (m *model) distance(w *[packedSize]byte, length uint, rng, code uint64, next uint) (uint64, uint64, uint, uint) {
	rng, code, next, slot := tree6(w, &m.slots[min(length, 3)], rng, code, next)
	if slot < 4 {
		return rng, code, next, slot
	}
	n := slot>>1 - 1
	dist := (2 | slot&1) << n
	var low uint
	if slot < fullSlots {
		rng, code, next, low = reverse(w, &m.special, dist-slot-1, n, rng, code, next)
		return rng, code, next, dist + low
	}
	rng, code, next, low = direct(w, n-4, rng, code, next)
	dist += low << 4
	rng, code, next, low = reverse4(w, &m.align, rng, code, next)
	return rng, code, next, dist + low
}
