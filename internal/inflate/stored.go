package inflate

// openStored reads the length of a stored block (RFC 1951, 3.2.4), from its
// padding on.
func (d *Decoder) openStored() error {
	d.take(d.count & 7)
	d.refill()
	d.left = uint(d.take(16))
	if inverse := uint(d.take(16)); d.left^inverse != 0xffff {
		return d.corrupt("length of a stored block and its complement disagree")
	}
	if err := d.checkEnd(); err != nil {
		return err
	}
	d.putBack()
	return nil
}

// moreStored copies the content of a stored block until it ends or the room
// does.
func (d *Decoder) moreStored() (done bool, err error) {
	for d.left > 0 {
		if err := d.fill(1); err != nil {
			return false, err
		}
		if d.next == d.end {
			return false, &TruncatedError{Len: d.length}
		}
		if d.at >= outputLimit {
			return false, nil
		}
		k := min(d.left, d.end-d.next)
		k = uint(copy(d.out[d.at:outputLimit], d.window[d.next:d.next+k]))
		d.at += k
		d.next += k
		d.left -= k
	}
	return true, d.checkSize()
}
