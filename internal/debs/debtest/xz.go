package debtest

import (
	"encoding/binary"
	"hash/crc32"
	"maps"
	"slices"
)

// Xz returns a .xz file of p, in one block of chunks that are stored.
func Xz(p []byte) []byte {
	flags := []byte{0, 1} // the check is CRC32
	out := sum(append([]byte("\xfd7zXZ\x00"), flags...), flags)
	header := []byte{2, 0, 0x21, 1, 16, 0, 0, 0} // LZMA2, a dictionary of 1 MiB
	out = sum(append(out, header...), header)
	start := len(out) - len(header) - 4
	control := byte(1)
	for rest := p; len(rest) > 0; control = 2 {
		n := min(len(rest), 1<<16)
		out = binary.BigEndian.AppendUint16(append(out, control), uint16(n-1))
		out = append(out, rest[:n]...)
		rest = rest[n:]
	}
	out = append(out, 0)
	padding := -(len(out) - start) & 3
	out = append(out, make([]byte, padding)...)
	out = sum(out, p)
	index := append([]byte{0, 1}, number(number(nil, len(out)-start-padding), len(p))...)
	for len(index)%4 != 0 {
		index = append(index, 0)
	}
	out = sum(append(out, index...), index)
	footer := binary.LittleEndian.AppendUint32(nil, uint32(len(index)/4))
	footer = append(footer, flags...)
	out = sum(out, footer)
	return append(append(out, footer...), "YZ"...)
}

// sum appends the CRC-32 of p.
func sum(out, p []byte) []byte {
	return binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(p))
}

// number appends a number as .xz files have them.
func number(out []byte, n int) []byte {
	for ; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(out, byte(n))
}

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
