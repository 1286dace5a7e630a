package inflate

// stored copies a stored block (RFC 1951, 3.2.4), from its padding on.
func (d *Decoder) stored() error {
	d.take(d.count & 7)
	d.refill()
	n := uint(d.take(16))
	if inverse := uint(d.take(16)); n^inverse != 0xffff {
		return d.corrupt("length of a stored block and its complement disagree")
	}
	if err := d.checkEnd(); err != nil {
		return err
	}
	d.putBack()
	for n > 0 {
		if err := d.fill(1); err != nil {
			return err
		}
		if d.next == d.end {
			return &TruncatedError{Len: d.length}
		}
		if d.at >= outputLimit {
			if err := d.makeRoom(); err != nil {
				return err
			}
		}
		k := min(n, d.end-d.next)
		k = uint(copy(d.out[d.at:outputLimit], d.window[d.next:d.next+k]))
		d.at += k
		d.next += k
		n -= k
	}
	return d.checkSize()
}
