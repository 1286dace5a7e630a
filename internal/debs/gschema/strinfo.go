package gschema

import "encoding/binary"

// strinfo lists strings with a number each, as the file has choices, enums and
// flags (gio/strinfo.c): the number, then 0xff, the string, zeros up to the end of
// a word, whose last byte is 0xff again. An alias has 0xfe first, and for its number the
// word in which its target's number is.
type strinfo []uint32

const maxWords = 17

// words are a string's, or none for one that is too long.
func words(text string, first byte) []uint32 {
	n := max(2, (len(text)+6)>>2)
	if n > maxWords {
		return nil
	}
	b := make([]byte, 4*n)
	b[0] = first
	copy(b[1:], text)
	b[4*n-1] = 0xff
	out := make([]uint32, n)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out
}

func (s *strinfo) add(text string, number uint32) bool {
	w := words(text, 0xff)
	*s = append(append(*s, number), w...)
	return w != nil
}

// alias adds another name of a string that is there.
func (s *strinfo) alias(text, target string) bool {
	w, want := words(text, 0xfe), words(target, 0xff)
	for i := 1; i+len(want) <= len(*s) && w != nil && want != nil; i++ {
		same := true
		for j := range want {
			same = same && (*s)[i+j] == want[j]
		}
		if same {
			*s = append(append(*s, uint32(i-1)), w...)
			return true
		}
	}
	return false
}

// value is the list as the file has it.
func (s strinfo) value() value {
	v := value{typ: "au"}
	for _, w := range s {
		v.parts = append(v.parts, num("u", uint64(w)))
	}
	return v
}
