package inflate

import "encoding/binary"

// run decodes symbols until the block or the room for a turn ends.
func (d *Decoder) run() outcome {
	hold, count, next, at := d.hold, d.count, d.next, d.at
	why := outOfRoom
loop:
	for next <= inputLimit && at <= outputLimit {
		hold |= binary.LittleEndian.Uint64(d.window[next:next+8]) << (count & 63)
		next += ^count >> 3 & 7
		count |= 56
		e := d.lit[hold&(1<<litBits-1)]
		if e&entryLiteral != 0 {
			hold >>= e & 63
			count -= uint(e)
			d.out[at] = byte(e >> 16)
			at++
			e = d.lit[hold&(1<<litBits-1)]
			if e&entryLiteral != 0 {
				hold >>= e & 63
				count -= uint(e)
				d.out[at] = byte(e >> 16)
				at++
				e = d.lit[hold&(1<<litBits-1)]
				if e&entryLiteral != 0 {
					hold >>= e & 63
					count -= uint(e)
					d.out[at] = byte(e >> 16)
					at++
					continue
				}
			}
			hold |= binary.LittleEndian.Uint64(d.window[next:next+8]) << (count & 63)
			next += ^count >> 3 & 7
			count |= 56
		}
		if e&entrySpecial != 0 {
			if e&(entryEnd|entryBad) == 0 {
				hold >>= e & 63
				count -= uint(e)
				e = d.lit[(uint64(e>>16)+hold&(1<<(e>>8&15)-1))&uint64(len(d.lit)-1)]
			}
			if e&entryLiteral != 0 {
				hold >>= e & 63
				count -= uint(e)
				d.out[at] = byte(e >> 16)
				at++
				continue
			}
			if e&entrySpecial != 0 {
				why = badLiteral
				if e&entryEnd != 0 {
					hold >>= e & 63
					count -= uint(e)
					why = blockEnd
				}
				break loop
			}
		}
		length := uint(e>>16&511) + uint(hold>>(e>>8&63))&uint(e>>25)
		hold >>= e & 63
		count -= uint(e)

		e = d.dist[hold&(1<<distBits-1)]
		if e&distSpecial != 0 {
			if e&distBad == 0 {
				hold >>= e & 63
				count -= uint(e)
				e = d.dist[(uint64(e>>16)+hold&(1<<(e>>8&15)-1))&uint64(len(d.dist)-1)]
			}
			if e&distSpecial != 0 {
				why = badDistance
				break loop
			}
		}
		dist := uint(e>>16) + uint(hold&(1<<(e&63)-1)>>(e>>8&63))
		hold >>= e & 63
		count -= uint(e)
		if dist > at {
			why = tooFar
			break loop
		}
		to, from := at, at-dist
		at += length
		if dist >= 8 {
			copy8(&d.out, to, from)
			copy8(&d.out, to+8, from+8)
			for i := uint(16); i < length; i += 16 {
				copy8(&d.out, to+i, from+i)
				copy8(&d.out, to+i+8, from+i+8)
			}
			continue
		}
		r := &repeats[dist]
		v := binary.LittleEndian.Uint64(d.out[from:from+8]) & r.mask * r.factor
		for ; to < at; to += r.step {
			binary.LittleEndian.PutUint64(d.out[to:to+8], v)
		}
	}
	d.hold, d.count, d.next, d.at = hold, count&63, next, at
	return why
}

// copy8 copies eight bytes within the output.
func copy8(p *[outputSize]byte, to, from uint) {
	binary.LittleEndian.PutUint64(p[to:to+8], binary.LittleEndian.Uint64(p[from:from+8]))
}

// repeat tells how to fill a word with copies of its first few bytes.
type repeat struct {
	mask   uint64 // of these bytes
	factor uint64 // multiplying by it makes the copies
	step   uint   // bytes of whole copies in a word
}

var repeats = func() (t [8]repeat) {
	for n := 1; n < 8; n++ {
		r := repeat{mask: 1<<(8*n) - 1, step: uint(8 / n * n)}
		for i := 0; i < 8; i += n {
			r.factor |= 1 << (8 * i)
		}
		t[n] = r
	}
	return t
}()
