package git

import (
	"errors"
	"fmt"
)

var errDelta = errors.New("a delta is damaged")

// applyDelta makes an object of another by a delta (gitformat-pack, "Deltified
// representation"): both sizes, then instructions that copy a part of the base
// or insert bytes.
func applyDelta(base, delta []byte) ([]byte, error) {
	rest := delta
	from, ok := deltaSize(&rest)
	to, ok2 := deltaSize(&rest)
	if !ok || !ok2 || from != uint64(len(base)) {
		return nil, errDelta
	}
	if to > maxObject {
		return nil, fmt.Errorf("an object of %d bytes is larger than %d", to, maxObject)
	}
	out := make([]byte, 0, to)
	for len(rest) > 0 {
		op, _ := next(&rest)
		var part []byte
		switch {
		case op&0x80 != 0:
			if part, ok = copied(base, op, &rest); !ok {
				return nil, errDelta
			}
		case op > 0 && int(op) <= len(rest):
			part, rest = rest[:op], rest[op:]
		default: // 0 is reserved
			return nil, errDelta
		}
		if uint64(len(out)+len(part)) > to {
			return nil, errDelta
		}
		out = append(out, part...)
	}
	if uint64(len(out)) != to {
		return nil, errDelta
	}
	return out, nil
}

// copied is the part of the base that an instruction copies: its bits say which
// bytes of the offset (4) and the size (3) follow. A size of 0 means 64 KiB.
func copied(base []byte, op byte, rest *[]byte) ([]byte, bool) {
	var n [7]uint64
	for i := range n {
		if op&(1<<i) == 0 {
			continue
		}
		b, ok := next(rest)
		if !ok {
			return nil, false
		}
		n[i] = uint64(b)
	}
	offset := n[0] | n[1]<<8 | n[2]<<16 | n[3]<<24
	size := n[4] | n[5]<<8 | n[6]<<16
	if size == 0 {
		size = 0x10000
	}
	if offset+size > uint64(len(base)) {
		return nil, false
	}
	return base[offset : offset+size], true
}

// deltaSize reads a size: 7 bits a byte, the lowest first.
func deltaSize(rest *[]byte) (uint64, bool) {
	var n uint64
	for shift := 0; shift < 63; shift += 7 {
		b, ok := next(rest)
		if !ok {
			return 0, false
		}
		n |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			return n, true
		}
	}
	return 0, false
}
