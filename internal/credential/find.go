package credential

import "bytes"

// Version changes whenever [Find] may answer otherwise than before.
const Version = "1"

// Overlap is how many bytes of one part of a long text must be repeated at the
// beginning of the next, so that nothing is missed between two.
const Overlap = 4 << 10

// Kind says what a credential is for. Zero is none.
type Kind uint8

// String is the kind in words: "a GitHub token".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "a credential"
}

// IsKey reports whether it is a private key, which code may well quote.
func (k Kind) IsKey() bool { return k == kindKey }

// Where says what is searched.
type Where bool

// Data is searched for whatever may be a credential. Code, and texts for
// people, quote keys and show examples: there, what is found must be more than
// the beginning of one, and no placeholder.
const (
	Data Where = false
	Code Where = true
)

// Find returns the first credential of the kind that is found first, and where
// it begins in b; zero if there is none.
func Find(b []byte, where Where) (Kind, int) {
	if text, wide := narrow(b); wide > 0 {
		kind, at := find(text, where)
		return kind, at * wide
	}
	return find(b, where)
}

func find(b []byte, where Where) (Kind, int) {
	if at := findKey(b, where); at >= 0 {
		return kindKey, at
	}
	if where == Data {
		if at := findDocker(b); at >= 0 {
			return kindDocker, at
		}
	}
	return findToken(b, where)
}

// maxWide is how many bytes tell whether a text is UTF-16 or UTF-32.
const maxWide = 256

// narrow returns the characters of a text in UTF-16 or UTF-32 (RFC 2781), of
// either byte order and with a mark or without, as one byte each, 0xff for what
// isn't ASCII; and how many bytes one of them has. Zero says it is no such text.
func narrow(b []byte) (text []byte, wide int) {
	wide, at := encoding(b)
	if wide == 0 {
		return nil, 0
	}
	text = make([]byte, 0, len(b)/wide)
	for i := 0; i+wide <= len(b); i += wide {
		c := b[i+at]
		for j := range wide {
			if j != at && b[i+j] != 0 {
				c = 0xff
			}
		}
		text = append(text, c)
	}
	return text, wide
}

// encoding returns how many bytes a character has, and which of them is that of
// ASCII. Without a mark, the others must be zero, and that one not.
func encoding(b []byte) (wide, at int) {
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe, 0, 0}):
		return 4, 0
	case bytes.HasPrefix(b, []byte{0, 0, 0xfe, 0xff}):
		return 4, 3
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return 2, 0
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return 2, 1
	}
	head := b[:min(len(b), maxWide)&^3]
	if len(head) < 16 || bytes.IndexByte(head, 0) < 0 {
		return 0, 0
	}
	for _, e := range [...][2]int{{2, 0}, {2, 1}, {4, 0}, {4, 3}} {
		if spaced(head, e[0], e[1]) {
			return e[0], e[1]
		}
	}
	return 0, 0
}

// spaced reports whether nearly each group of wide bytes has one that isn't
// zero, which is the one at that place.
func spaced(b []byte, wide, at int) bool {
	other := 0
	for i := 0; i < len(b); i += wide {
		for j := range wide {
			if (b[i+j] != 0) != (j == at) {
				other++
			}
		}
	}
	return other*10 <= len(b)/wide
}
