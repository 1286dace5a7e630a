package mimedb

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// magic are the matches that tell a type by its content.
type magic struct {
	typ      string
	priority int
	matches  []match
	none     bool // earlier ones of the type don't count
}

// match is one of them: bytes within a range of offsets, and what must match,
// too, if it does.
type match struct {
	start, length uint32
	wordSize      int
	data, mask    []byte
	children      []match
}

func (d *database) readMagic(typ string, e *element) error {
	m := magic{typ: typ}
	var err error
	if m.priority, err = number(e, "priority"); err != nil {
		return err
	}
	if m.matches, err = readMatches(e); err == nil && len(m.matches) == 0 {
		err = errors.New("its magic has no match")
	}
	if err != nil {
		return err
	}
	d.magic = append(d.magic, m)
	return nil
}

func readMatches(e *element) ([]match, error) {
	var list []match
	for _, c := range e.children {
		if c.name != "match" {
			continue
		}
		m, err := readMatch(c)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

func readMatch(e *element) (m match, err error) {
	from, to, isRange := strings.Cut(e.attr("offset"), ":")
	start, err := strconv.ParseUint(from, 10, 31)
	end := start
	if err == nil && isRange {
		end, err = strconv.ParseUint(to, 10, 31)
	}
	if err != nil || end < start {
		return m, fmt.Errorf("the offset %q is none", e.attr("offset"))
	}
	m.start, m.length, m.wordSize = uint32(start), uint32(end-start+1), 1
	value, mask := e.attr("value"), e.attr("mask")
	switch kind := e.attr("type"); kind {
	case "string":
		m.data, err = unescape(value)
		if err == nil && mask != "" {
			m.mask, err = hexMask(mask, len(m.data))
		}
	default:
		err = m.number(kind, value, mask)
	}
	if err != nil {
		return m, err
	}
	if len(m.data) == 0 || len(m.data) > 0xffff {
		return m, fmt.Errorf("the value %q is empty or too long", value)
	}
	m.children, err = readMatches(e)
	return m, err
}

// sizes are those of the types of numbers.
var sizes = map[string]int{"byte": 1, "big16": 2, "big32": 4, "little16": 2, "little32": 4, "host16": 2, "host32": 4}

// number sets what a number must be: as bytes, with a word's size for the
// machine's own order.
func (m *match) number(kind, value, mask string) error {
	size := sizes[kind]
	if size == 0 {
		return fmt.Errorf("the type %q of a match is not known", kind)
	}
	encode := func(text string) ([]byte, error) {
		n, err := strconv.ParseUint(text, 0, 8*size)
		if err != nil {
			return nil, fmt.Errorf("%q is no number of %d bits", text, 8*size)
		}
		b := make([]byte, size)
		for i := range b {
			shift := 8 * (size - 1 - i)
			if strings.HasPrefix(kind, "little") {
				shift = 8 * i
			}
			b[i] = byte(n >> shift)
		}
		return b, nil
	}
	if strings.HasPrefix(kind, "host") {
		m.wordSize = size
	}
	var err error
	if m.data, err = encode(value); err == nil && mask != "" {
		m.mask, err = encode(mask)
	}
	return err
}

// hexMask reads the mask of a string: 0x and two digits a byte.
func hexMask(text string, size int) ([]byte, error) {
	digits, ok := strings.CutPrefix(text, "0x")
	if !ok || len(digits) != 2*size {
		return nil, fmt.Errorf("the mask %q is not of %d bytes", text, size)
	}
	out := make([]byte, size)
	for i := range out {
		n, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		if err != nil {
			return nil, fmt.Errorf("the mask %q is none", text)
		}
		out[i] = byte(n)
	}
	return out, nil
}

// unescape reads a string as C writes it.
func unescape(text string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			out = append(out, text[i])
			continue
		}
		i++
		if i == len(text) {
			return nil, errors.New("a value ends with a backslash")
		}
		switch c := text[i]; {
		case c >= '0' && c <= '7':
			n := 0
			for range 3 {
				if i == len(text) || text[i] < '0' || text[i] > '7' {
					break
				}
				n = n*8 + int(text[i]-'0')
				i++
			}
			i--
			out = append(out, byte(n))
		case c == 'x':
			end := i + 1
			for end < len(text) && end < i+3 && strings.IndexByte("0123456789abcdefABCDEF", text[end]) >= 0 {
				end++
			}
			n, err := strconv.ParseUint(text[i+1:end], 16, 8)
			if err != nil {
				return nil, fmt.Errorf("the value %q has no digits after \\x", text)
			}
			out = append(out, byte(n))
			i = end - 1
		case strings.IndexByte("nrtbfv", c) >= 0:
			out = append(out, "\n\r\t\b\f\v"[strings.IndexByte("nrtbfv", c)])
		default:
			out = append(out, c)
		}
	}
	return out, nil
}
