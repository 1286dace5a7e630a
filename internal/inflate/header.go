package inflate

// headerBytes is more than the header of any block takes: 3 bits, 14 for the
// counts, 19 times 3 and 316 times 14 for the lengths.
const headerBytes = 640

// metaOrder is the order of the code lengths' code lengths (RFC 1951, 3.2.7).
var metaOrder = [numMeta]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads the codes at the start of a dynamic block and builds the
// tables (RFC 1951, 3.2.7). The window holds the whole header, or what there
// is of it.
func (d *Decoder) readCodes() error {
	d.fixed = false
	lits := uint(d.take(5)) + 257
	dists := uint(d.take(5)) + 1
	metas := d.take(4) + 4
	if lits > numLit {
		return d.corrupt("more than 286 literal/length codes")
	}
	if dists > numDist {
		return d.corrupt("more than 30 distance codes")
	}
	var lengths [numMeta]uint8
	for i, s := range metaOrder[:metas] {
		if i%16 == 0 {
			d.refill()
		}
		lengths[s] = uint8(d.take(3))
	}
	if !metaLevel.build(d.tmp.meta[:], lengths[:], metaBase[:], &d.tmp.sorted) {
		return d.corrupt("code lengths' code is over-subscribed or incomplete")
	}
	if err := d.readLengths(lits + dists); err != nil {
		return err
	}
	all := d.tmp.lengths[:lits+dists]
	if !litLevel.build(d.lit[:], all[:lits], litBase[:], &d.tmp.sorted) {
		return d.corrupt("literal/length code is over-subscribed or incomplete")
	}
	if !distLevel.build(d.dist[:], all[lits:], distBase[:], &d.tmp.sorted) {
		return d.corrupt("distance code is over-subscribed or incomplete")
	}
	return nil
}

// readLengths reads n code lengths into d.tmp.lengths.
func (d *Decoder) readLengths(n uint) error {
	lengths := &d.tmp.lengths
	for i := uint(0); i < n; {
		if d.count < 14 {
			if d.next > inputLimit {
				return d.corrupt("code lengths without an end")
			}
			d.refill()
		}
		e := d.tmp.meta[d.hold&(1<<metaBits-1)]
		if e&entryBad != 0 {
			return d.corrupt("invalid code among the code lengths")
		}
		d.take(uint(e & 63))
		v := uint8(e >> 16)
		if v < 16 {
			lengths[i] = v
			i++
			continue
		}
		repeat, value := uint(0), uint8(0)
		switch v {
		case 16:
			if i == 0 {
				return d.corrupt("first code length repeats the one before")
			}
			repeat, value = 3+uint(d.take(2)), lengths[i-1]
		case 17:
			repeat = 3 + uint(d.take(3))
		default:
			repeat = 11 + uint(d.take(7))
		}
		if i+repeat > n {
			return d.corrupt("more code lengths than codes")
		}
		for end := i + repeat; i < end; i++ {
			lengths[i] = value
		}
	}
	return nil
}
