package index

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

const (
	// scanWindow is how much of a page is in memory at a time, in bytes: it
	// grows where a single value doesn't fit.
	scanWindow = 64 << 10
	// maxDepth bounds how deep values are nested, as in encoding/json.
	maxDepth = 10_000
)

// errSyntax is what is wrong with text that is not JSON.
var errSyntax = errors.New("invalid JSON")

// scanner reads JSON (RFC 8259) from a stream, value by value. It accepts what
// encoding/json accepts, but keeps and converts nothing that it isn't asked
// for: of a project's page, little is needed.
type scanner struct {
	r   io.Reader
	buf []byte
	// pos is the next byte of buf, end is where what was read ends.
	pos, end int
	// mark is where the text begins that must stay in buf, -1 for nowhere.
	// Spans count from there.
	mark  int
	depth int
	err   error // of r
}

// textSpan is a part of the text from the scanner's mark on.
type textSpan struct{ from, to int }

// hold keeps the text from here on, until release.
func (s *scanner) hold()    { s.mark = s.pos }
func (s *scanner) release() { s.mark = -1 }

// bytes returns the text of a textSpan, until the scanner goes on.
func (s *scanner) bytes(p textSpan) []byte { return s.buf[s.mark+p.from : s.mark+p.to] }

// offset is where the scanner is, as spans have it.
func (s *scanner) offset() int { return s.pos - s.mark }

// fill reads more, and reports whether there was any.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	keep := s.pos
	if s.mark >= 0 {
		keep = s.mark
	}
	if keep > 0 {
		copy(s.buf, s.buf[keep:s.end])
		s.pos, s.end = s.pos-keep, s.end-keep
		if s.mark >= 0 {
			s.mark = 0
		}
	}
	if s.end == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.pos == s.end && !s.fill() {
		return 0
	}
	return s.buf[s.pos]
}

// next returns the next byte that is not white space, 0 at the end, and stays
// before it.
func (s *scanner) next() byte {
	for {
		switch c := s.peek(); c {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return c
		}
	}
}

// bad returns the error for what is next: that of the stream where it failed.
func (s *scanner) bad() error {
	if s.pos == s.end && s.err != nil && !errors.Is(s.err, io.EOF) {
		return &streamError{s.err}
	}
	if s.pos == s.end {
		return fmt.Errorf("%w: unexpected end", errSyntax)
	}
	return fmt.Errorf("%w: unexpected character %q", errSyntax, s.buf[s.pos])
}

// streamError is a failure to read, as opposed to what was read.
type streamError struct{ err error }

func (e *streamError) Error() string { return e.err.Error() }
func (e *streamError) Unwrap() error { return e.err }

// expect skips a byte that must be next.
func (s *scanner) expect(c byte) error {
	if s.next() != c || s.pos == s.end {
		return s.bad()
	}
	s.pos++
	return nil
}

// Bytes of a word, for scanning eight at a time.
const (
	eachByte = 0x0101010101010101
	highBits = 0x8080808080808080
)

// special has the high bit of each byte of w that isn't plain within a string: quotes,
// backslashes, control characters, and what isn't ASCII. Above the lowest one,
// bits may be set that should not be.
func special(w uint64) uint64 {
	const quotes, slashes, spaces = eachByte * '"', eachByte * '\\', eachByte * ' '
	q, b := w^quotes, w^slashes
	return ((q-eachByte)&^q | (b-eachByte)&^b | (w - spaces) | w) & highBits
}

// str reads a string and returns what is between its quotes; plain is false
// where that holds escapes or more than ASCII, so that it takes unquote. Text
// must be held for the textSpan to be of use.
func (s *scanner) str() (p textSpan, plain bool, err error) {
	if err := s.expect('"'); err != nil {
		return p, false, err
	}
	p.from, plain = s.offset(), true
	for {
		for s.end-s.pos >= 8 {
			if m := special(binary.LittleEndian.Uint64(s.buf[s.pos:])); m != 0 {
				s.pos += bits.TrailingZeros64(m) / 8
				break
			}
			s.pos += 8
		}
		c := s.peek()
		switch {
		case c == '"':
			p.to = s.offset()
			s.pos++
			return p, plain, nil
		case c == '\\':
			plain = false
			s.pos++
			if err := s.escape(); err != nil {
				return p, false, err
			}
		case c < ' ':
			return p, false, s.bad()
		default:
			plain = plain && c < 0x80
			s.pos++
		}
	}
}

// escape skips what follows a backslash.
func (s *scanner) escape() error {
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
		return nil
	case 'u':
		s.pos++
		for range 4 {
			if c := s.peek() | 0x20; (c < '0' || c > '9' || s.buf[s.pos] < '0') && (c < 'a' || c > 'f') {
				return s.bad()
			}
			s.pos++
		}
		return nil
	}
	return s.bad()
}

// text reads a string and returns its value, until the scanner goes on.
func (s *scanner) text() ([]byte, error) {
	p, plain, err := s.str()
	if err != nil {
		return nil, err
	}
	if plain {
		return s.bytes(p), nil
	}
	return unquote(s.bytes(p))
}

// unquote returns the value of a string with escapes or more than ASCII.
func unquote(raw []byte) ([]byte, error) {
	quoted := append(append([]byte{'"'}, raw...), '"')
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return nil, err
	}
	return []byte(text), nil
}
