package zipfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// The extra fields (4.5, 4.6) that change what a header says.
const (
	extraPadding     = 0x0000
	extraZip64       = 0x0001
	extraUnicodePath = 0x7075
)

// parseExtra checks that the extra fields are well formed and occur once,
// and returns the zip64 field, nil where there is none. name is the name in
// the same header, which an Info-ZIP Unicode path must repeat.
//
// Zero bytes are taken as padding: some writers align content with them.
func parseExtra(extra []byte, name string) (zip64 []byte, err error) {
	seen := make(map[uint16]bool, 2)
	for len(extra) > 0 {
		if len(extra) < 4 {
			if isZero(extra) {
				return zip64, nil
			}
			return nil, errors.New("the extra fields end in the middle of one")
		}
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if size > len(extra)-4 {
			return nil, fmt.Errorf("the extra field 0x%04x is longer than the extra data", id)
		}
		body := extra[4 : 4+size]
		extra = extra[4+size:]
		if id == extraPadding && size == 0 {
			continue
		}
		if seen[id] {
			return nil, fmt.Errorf("the extra field 0x%04x occurs twice", id)
		}
		seen[id] = true
		switch id {
		case extraZip64:
			zip64 = body
		case extraUnicodePath:
			if err := checkUnicodePath(body, name); err != nil {
				return nil, err
			}
		}
	}
	return zip64, nil
}

// checkUnicodePath refuses an Info-ZIP Unicode path (4.6.9) that gives the
// entry another name than the header does.
func checkUnicodePath(body []byte, name string) error {
	if len(body) < 5 || body[0] != 1 {
		return errors.New("the Unicode path field is malformed")
	}
	if string(body[5:]) != name || binary.LittleEndian.Uint32(body[1:]) != crc32.ChecksumIEEE([]byte(name)) {
		return fmt.Errorf("the Unicode path field renames it to %q", body[5:])
	}
	return nil
}

// take64 takes the next eight bytes of a zip64 field as a length or offset.
func take64(field []byte) (int64, []byte, error) {
	if len(field) < 8 {
		return 0, nil, errors.New("the zip64 field is too short")
	}
	v := binary.LittleEndian.Uint64(field)
	if v > 1<<62 {
		return 0, nil, errors.New("the zip64 field has an impossible value")
	}
	return int64(v), field[8:], nil
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
