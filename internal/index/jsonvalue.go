package index

import (
	"errors"
	"fmt"
	"io"
)

// word skips null, true or false.
func (s *scanner) word(word string) error {
	for i := range len(word) {
		if s.peek() != word[i] {
			return s.bad()
		}
		s.pos++
	}
	return nil
}

// isNull skips null where that is next.
func (s *scanner) isNull() (bool, error) {
	if s.next() != 'n' {
		return false, nil
	}
	return true, s.word("null")
}

// number reads a number. Text must be held for the textSpan to be of use.
func (s *scanner) number() (textSpan, error) {
	p := textSpan{from: s.offset()}
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if err := s.digits(); err != nil {
		return p, err
	}
	if s.peek() == '.' {
		s.pos++
		if err := s.digits(); err != nil {
			return p, err
		}
	}
	if s.peek()|0x20 == 'e' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if err := s.digits(); err != nil {
			return p, err
		}
	}
	p.to = s.offset()
	return p, nil
}

// digits skips one digit or more.
func (s *scanner) digits() error {
	n := 0
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.pos++
		n++
	}
	if n == 0 {
		return s.bad()
	}
	return nil
}

// skip reads a value and drops it.
func (s *scanner) skip() error {
	switch c := s.next(); {
	case c == '"':
		_, _, err := s.str()
		return err
	case c == '{':
		return s.object(func() error {
			if _, _, err := s.str(); err != nil {
				return err
			}
			if err := s.expect(':'); err != nil {
				return err
			}
			return s.skip()
		})
	case c == '[':
		return s.array(s.skip)
	case c == 'n':
		return s.word("null")
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == '-' || '0' <= c && c <= '9':
		_, err := s.number()
		return err
	}
	return s.bad()
}

// object reads an object. It calls member before each key, to read that, the
// colon and the value.
func (s *scanner) object(member func() error) error { return s.list('{', '}', member) }

// array reads an array. It calls element before each value, to read that.
func (s *scanner) array(element func() error) error { return s.list('[', ']', element) }

func (s *scanner) list(first, last byte, item func() error) error {
	if err := s.expect(first); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return fmt.Errorf("%w: nested too deeply", errSyntax)
	}
	defer func() { s.depth-- }()
	if s.next() == last {
		s.pos++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if s.next() == last {
			s.pos++
			return nil
		}
		if err := s.expect(','); err != nil {
			return err
		}
	}
}

// members reads an object and calls f with each key, to read its value.
func (s *scanner) members(f func(key field) error) error {
	return s.object(func() error {
		held := s.mark >= 0
		if s.next(); !held {
			s.hold()
		}
		text, err := s.text()
		if err != nil {
			return err
		}
		key := fieldOf(text)
		if !held {
			s.release()
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return f(key)
	})
}

// finish fails unless nothing but white space is left.
func (s *scanner) finish() error {
	if s.next() != 0 || s.pos < s.end || !errors.Is(s.err, io.EOF) {
		return s.bad()
	}
	return nil
}
