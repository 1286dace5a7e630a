package xz

import "encoding/binary"

// maxDistance, as a distance less one, marks the end of LZMA; in LZMA2 there
// is no such mark.
const maxDistance = 1<<32 - 1

// run decodes a chunk of LZMA: exactly size bytes of content from exactly
// packed bytes. Nothing in the loop is checked but what could leave an array: a
// chunk is small, and what was read beyond its end shows when it is done.
func (d *dict) run(m *model, w *[packedSize]byte, packed, size uint) error {
	buf, at := d.buf, uint(d.at)
	end := at + size
	limit := min(end, uint(len(buf)-dictSlack))
	rng, code := uint64(1<<32-1), uint64(binary.BigEndian.Uint32(w[1:5]))
	next := uint(rangeBytes)
	state := m.state
	rep0, rep1, rep2, rep3 := m.reps[0], m.reps[1], m.reps[2], m.reps[3]

	var zero bool
	for at < limit {
		posState := at & m.posMask
		here := uint8(state<<4 | posState)
		rng, code, next = norm(w, rng, code, next)
		if rng, code, zero = decide(rng, code, &m.isMatch[here]); zero {
			probs := &m.literals[((at&m.lpMask)<<m.lc|uint(buf[at-1])>>((8-m.lc)&15))&15]
			var b byte
			if state < litStates {
				rng, code, next, b = literal(w, probs, rng, code, next)
			} else {
				if rep0 >= at-dictStart {
					return corrupt("a literal follows a match that reaches too far back")
				}
				rng, code, next, b = matched(w, probs, rng, code, next, buf[at-rep0-1])
			}
			buf[at] = b
			at++
			state = uint(afterLiteral[state&15])
			continue
		}

		var length uint
		rng, code, next = norm(w, rng, code, next)
		if rng, code, zero = decide(rng, code, &m.isRep[state&15]); zero {
			rng, code, next, length = m.match.length(w, posState, rng, code, next)
			rep3, rep2, rep1 = rep2, rep1, rep0
			rng, code, next, rep0 = m.distance(w, length, rng, code, next)
			if rep0 == maxDistance {
				return corrupt("a chunk has an end mark")
			}
			state = uint(afterMatch[state&15])
		} else {
			rng, code, next = norm(w, rng, code, next)
			if rng, code, zero = decide(rng, code, &m.isRepG0[state&15]); zero {
				rng, code, next = norm(w, rng, code, next)
				if rng, code, zero = decide(rng, code, &m.isRep0Long[here]); zero {
					if rep0 >= at-dictStart {
						return corrupt("a match reaches too far back")
					}
					buf[at] = buf[at-rep0-1]
					at++
					state = uint(afterShortRep[state&15])
					continue
				}
			} else {
				rng, code, next = norm(w, rng, code, next)
				if rng, code, zero = decide(rng, code, &m.isRepG1[state&15]); zero {
					rep1, rep0 = rep0, rep1
				} else {
					rng, code, next = norm(w, rng, code, next)
					if rng, code, zero = decide(rng, code, &m.isRepG2[state&15]); zero {
						rep2, rep1, rep0 = rep1, rep0, rep2
					} else {
						rep3, rep2, rep1, rep0 = rep2, rep1, rep0, rep3
					}
				}
			}
			rng, code, next, length = m.rep.length(w, posState, rng, code, next)
			state = uint(afterRep[state&15])
		}
		length += minMatch
		if rep0 >= at-dictStart || rep0 >= uint(d.size) {
			return corrupt("a match reaches too far back")
		}
		if length > end-at {
			return corrupt("a match is longer than its chunk")
		}
		copyMatch(buf, at, rep0+1, length)
		at += length
	}
	m.state, m.reps = state, [4]uint{rep0, rep1, rep2, rep3}
	_, code, next = norm(w, rng, code, next)
	if at != end || next != packed || code != 0 {
		return corrupt("a chunk's packed bytes and its content don't end together")
	}
	d.at = int(at)
	return nil
}

// copyMatch writes n bytes at at that are those from dist bytes before on. It
// may write up to dictSlack bytes more.
func copyMatch(buf []byte, at, dist, n uint) {
	to, from := buf[at:at+n+dictSlack], buf[at-dist:]
	switch {
	case dist >= n && n > 32:
		copy(to[:n], from)
	case dist >= 16:
		for i := uint(0); i < n; i += 16 {
			*(*[16]byte)(to[i:]) = [16]byte(from[i:])
		}
	case dist >= 8:
		for i := uint(0); i < n; i += 8 {
			binary.LittleEndian.PutUint64(to[i:], binary.LittleEndian.Uint64(from[i:]))
		}
	case dist == 1:
		v := uint64(from[0]) * 0x0101010101010101
		for i := uint(0); i < n; i += 8 {
			binary.LittleEndian.PutUint64(to[i:], v)
		}
	default:
		for i := range n {
			to[i] = from[i]
		}
	}
}
