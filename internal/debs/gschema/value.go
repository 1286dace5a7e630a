package gschema

import "encoding/binary"

// value is one of GLib's typed values (GVariant).
type value struct {
	typ string
	// bits are a number's, little-endian in its size; text a string's.
	bits uint64
	text string
	// parts are the members of a container; a variant and a maybe have one or none.
	parts []value
}

func str(text string) value          { return value{typ: "s", text: text} }
func num(typ string, n uint64) value { return value{typ: typ, bits: n} }
func variant(v value) value          { return value{typ: "v", parts: []value{v}} }
func tuple(parts ...value) value {
	typ := "("
	for _, p := range parts {
		typ += p.typ
	}
	return value{typ: typ + ")", parts: parts}
}

// bytes serialises a value, little-endian (GVariant specification, 2.5).
func (v value) bytes() []byte {
	switch v.typ[0] {
	case 's', 'o', 'g':
		return append([]byte(v.text), 0)
	case 'v':
		return append(append(v.parts[0].bytes(), 0), v.parts[0].typ...)
	case 'm':
		switch {
		case len(v.parts) == 0:
			return nil
		case fixed(v.typ[1:]) > 0:
			return v.parts[0].bytes()
		}
		return append(v.parts[0].bytes(), 0)
	case 'a':
		return v.array()
	case '(', '{':
		return v.tuple()
	}
	b := binary.LittleEndian.AppendUint64(nil, v.bits)
	return b[:basic[v.typ[0]]]
}

func pad(b []byte, to int) []byte { return append(b, make([]byte, align(len(b), to)-len(b))...) }

func (v value) array() []byte {
	var out []byte
	ends := make([]int, 0, len(v.parts))
	for _, p := range v.parts {
		out = append(pad(out, alignment(v.typ[1:])), p.bytes()...)
		ends = append(ends, len(out))
	}
	if fixed(v.typ[1:]) > 0 {
		return out
	}
	return offsets(out, ends)
}

func (v value) tuple() []byte {
	var out []byte
	var ends []int
	for i, p := range v.parts {
		out = append(pad(out, alignment(p.typ)), p.bytes()...)
		if fixed(p.typ) == 0 && i < len(v.parts)-1 {
			ends = append([]int{len(out)}, ends...) // from the last to the first
		}
	}
	if n := fixed(v.typ); n > 0 {
		return append(out, make([]byte, n-len(out))...)
	}
	return offsets(out, ends)
}

// offsets appends where members end, in numbers as small as the whole allows.
func offsets(out []byte, ends []int) []byte {
	size := 1
	for size < 8 && uint64(len(out)+size*len(ends)) > uint64(1)<<(8*size)-1 {
		size *= 2
	}
	for _, end := range ends {
		out = append(out, binary.LittleEndian.AppendUint64(nil, uint64(end))[:size]...)
	}
	return out
}
