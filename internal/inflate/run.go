package inflate

// run decodes symbols until the block ends or the room for one more turn does.
//
// A turn takes either up to four literals or up to three and a match. Right
// after a refill hold has 64 good bits, though it counts no more than 63 of
// them. That is enough for the longest match (15+5 and 15+13 bits) or for four
// literals from the first level of the table, and to look the next symbol up
// (litBits) before the next refill, so that neither waits for the other.
// The state is in local variables because the compiler keeps those in registers.
func (d *Decoder) run() (why outcome) {
	hold, count, next, at := d.hold, d.count, d.next, d.at
	if next > inputLimit {
		return outOfRoom
	}
	hold, count, next = load(&d.window, hold, count, next)
	e := d.lit[hold&(1<<litBits-1)]
	for next <= inputLimit && at <= outputLimit {
		hold, count, next = load(&d.window, hold, count, next)
		if e&entryLiteral != 0 {
			hold, count = drop(hold, count, e)
			d.out[at&outputMask] = byte(e >> 16)
			at++
			e = d.lit[hold&(1<<litBits-1)]
			if e&entryLiteral != 0 {
				hold, count = drop(hold, count, e)
				d.out[at&outputMask] = byte(e >> 16)
				at++
				e = d.lit[hold&(1<<litBits-1)]
				if e&entryLiteral != 0 {
					hold, count = drop(hold, count, e)
					d.out[at&outputMask] = byte(e >> 16)
					at++
					e = d.lit[hold&(1<<litBits-1)]
					if e&entryLiteral != 0 {
						hold, count = drop(hold, count, e)
						d.out[at&outputMask] = byte(e >> 16)
						at++
						e = d.lit[hold&(1<<litBits-1)]
						continue
					}
				}
			}
			hold, count, next = load(&d.window, hold, count, next)
		}
		if e&entrySpecial != 0 {
			if e&(entryEnd|entryBad) == 0 {
				hold, count = drop(hold, count, e)
				e = d.lit[(uint64(e>>16)+hold&(1<<(e>>8&15)-1))&uint64(len(d.lit)-1)]
			}
			if e&entryLiteral != 0 {
				hold, count = drop(hold, count, e)
				d.out[at&outputMask] = byte(e >> 16)
				at++
				e = d.lit[hold&(1<<litBits-1)]
				continue
			}
			if e&entrySpecial != 0 {
				why = badLiteral
				if e&entryEnd != 0 {
					hold, count = drop(hold, count, e)
					why = blockEnd
				}
				break
			}
		}
		length := uint(e>>16&511) + uint(hold>>(e>>8&63))&uint(e>>25)
		hold, count = drop(hold, count, e)

		e = d.dist[hold&(1<<distBits-1)]
		if e&distSpecial != 0 {
			if e&distBad == 0 {
				hold, count = drop(hold, count, e)
				e = d.dist[(uint64(e>>16)+hold&(1<<(e>>8&15)-1))&uint64(len(d.dist)-1)]
			}
			if e&distSpecial != 0 {
				why = badDistance
				break
			}
		}
		dist := uint(e>>16) + uint(hold&(1<<(e&63)-1)>>(e>>8&63))
		hold, count = drop(hold, count, e)
		if dist > at {
			why = tooFar
			break
		}
		e = d.lit[hold&(1<<litBits-1)]
		to, from := at, at-dist
		at += length
		if dist < 8 {
			repeat(&d.out, to, at, dist)
			continue
		}
		copy8(&d.out, to, from)
		copy8(&d.out, to+8, from+8)
		copy8(&d.out, to+16, from+16)
		for to+24 < at { // one match in thirteen
			copy8(&d.out, to+24, from+24)
			copy8(&d.out, to+32, from+32)
			to, from = to+16, from+16
		}
	}
	d.hold, d.count, d.next, d.at = hold, count&63, next, at
	return why
}
