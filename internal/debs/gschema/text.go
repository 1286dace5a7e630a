package gschema

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// parseValue reads a value of a type from its text (GVariant text format). An
// empty type is taken from the text.
func parseValue(text, typ string) (value, error) {
	p := &parser{text: text}
	n, err := p.value(0)
	if err == nil {
		if p.blank(); p.text != "" {
			err = fmt.Errorf("%q follows it", clip(p.text))
		}
	}
	if err == nil && typ == "" {
		typ, err = n.infer()
	}
	var v value
	if err == nil {
		v, err = n.as(typ)
	}
	if err != nil {
		return value{}, fmt.Errorf("reading the value %q: %w", clip(text), err)
	}
	return v, nil
}

func clip(text string) string { return text[:min(len(text), 60)] }

// node is a value as it is written.
type node struct {
	kind  byte // one of s, n(umber), b, a, (, {, v, m, y (bytes), @
	text  string
	typ   string // after @, or a keyword's
	parts []node // of a dictionary: key, value, key, value
}

var errSyntax = errors.New("it is not in GVariant's text format")

type parser struct{ text string }

func (p *parser) blank() { p.text = strings.TrimLeft(p.text, " \t\n\r\v\f") }

// take takes a text that comes next.
func (p *parser) take(text string) bool {
	p.blank()
	rest, ok := strings.CutPrefix(p.text, text)
	if ok {
		p.text = rest
	}
	return ok
}

// keywords are the types that can stand before a value.
var keywords = map[string]string{
	"boolean": "b", "byte": "y", "int16": "n", "uint16": "q", "int32": "i", "uint32": "u", "handle": "h", "int64": "x", "uint64": "t",
	"double": "d", "string": "s", "objectpath": "o", "signature": "g",
}

func (p *parser) value(depth int) (node, error) {
	p.blank()
	if p.text == "" || depth > maxDepth {
		return node{}, errSyntax
	}
	switch c := p.text[0]; c {
	case '\'', '"':
		text, err := p.quoted(true)
		return node{kind: 's', text: text}, err
	case '[', '(':
		p.text = p.text[1:]
		n := node{kind: map[byte]byte{'[': 'a', '(': '('}[c]}
		var err error
		n.parts, err = p.list(map[byte]string{'[': "]", '(': ")"}[c], depth)
		return n, err
	case '{':
		p.text = p.text[1:]
		return p.dict(depth)
	case '<':
		p.text = p.text[1:]
		inner, err := p.value(depth + 1)
		if err == nil && !p.take(">") {
			err = errSyntax
		}
		return node{kind: 'v', parts: []node{inner}}, err
	case '@':
		typ := firstType(p.text[1:])
		if typ == "" {
			return node{}, errSyntax
		}
		p.text = p.text[1+len(typ):]
		inner, err := p.value(depth + 1)
		return node{kind: '@', typ: typ, parts: []node{inner}}, err
	}
	return p.word(depth)
}

// list reads members up to a bracket.
func (p *parser) list(closing string, depth int) ([]node, error) {
	var parts []node
	for !p.take(closing) {
		if len(parts) > 0 && !p.take(",") {
			return nil, errSyntax
		}
		if len(parts) > 0 && closing == ")" && p.take(closing) { // (1,)
			break
		}
		n, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		parts = append(parts, n)
	}
	return parts, nil
}

func (p *parser) dict(depth int) (node, error) {
	n := node{kind: '{'}
	for !p.take("}") {
		if len(n.parts) > 0 && !p.take(",") {
			return n, errSyntax
		}
		key, err := p.value(depth + 1)
		if err != nil {
			return n, err
		}
		if !p.take(":") {
			if len(n.parts) > 0 || !p.take(",") {
				return n, errSyntax
			}
			n.kind = 'e' // a single entry
		}
		val, err := p.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.parts = append(n.parts, key, val)
		if n.kind == 'e' {
			if !p.take("}") {
				return n, errSyntax
			}
			return n, nil
		}
	}
	return n, nil
}

// word reads what begins with a letter, a digit or a sign.
func (p *parser) word(depth int) (node, error) {
	if len(p.text) > 1 && p.text[0] == 'b' && (p.text[1] == '\'' || p.text[1] == '"') {
		p.text = p.text[1:]
		text, err := p.quoted(false)
		return node{kind: 'y', text: text}, err
	}
	end := strings.IndexFunc(p.text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("+-.", r)
	})
	if end < 0 {
		end = len(p.text)
	}
	word := p.text[:end]
	p.text = p.text[end:]
	switch {
	case word == "":
		return node{}, errSyntax
	case word == "true" || word == "false":
		return node{kind: 'b', text: word}, nil
	case word == "nothing":
		return node{kind: 'm'}, nil
	case word == "just":
		inner, err := p.value(depth + 1)
		return node{kind: 'm', parts: []node{inner}}, err
	case keywords[word] != "":
		inner, err := p.value(depth + 1)
		return node{kind: '@', typ: keywords[word], parts: []node{inner}}, err
	}
	return node{kind: 'n', text: word}, nil
}

var escapes = map[byte]string{'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v", '\n': ""}

// quoted reads a string, or bytes, with its quotes.
func (p *parser) quoted(unicode bool) (string, error) {
	quote := p.text[0]
	var b strings.Builder
	for i := 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == quote:
			p.text = p.text[i+1:]
			return b.String(), nil
		case c != '\\':
			b.WriteByte(c)
		case i+1 == len(p.text):
			return "", errSyntax
		default:
			i++
			c = p.text[i]
			digits := map[byte]int{'u': 4, 'U': 8}[c]
			base, from := 16, i+1
			if !unicode {
				digits = 0
				if c >= '0' && c <= '7' {
					base, from = 8, i
					for digits < 3 && i+digits < len(p.text) && p.text[i+digits] >= '0' && p.text[i+digits] <= '7' {
						digits++
					}
				}
			}
			if digits == 0 {
				if text, ok := escapes[c]; ok {
					b.WriteString(text)
				} else {
					b.WriteByte(c)
				}
				continue
			}
			if from+digits > len(p.text) {
				return "", errSyntax
			}
			n, err := strconv.ParseUint(p.text[from:from+digits], base, 32)
			if err != nil || n == 0 && unicode {
				return "", errSyntax
			}
			if unicode {
				b.WriteRune(rune(n))
			} else {
				b.WriteByte(byte(n))
			}
			i = from + digits - 1
		}
	}
	return "", errSyntax
}

// integer reads a number of a type of so many bits.
func integer(text string, bits int, signed bool) (uint64, error) {
	if signed {
		n, err := strconv.ParseInt(strings.TrimPrefix(text, "+"), 0, bits)
		return uint64(n), err
	}
	return strconv.ParseUint(strings.TrimPrefix(text, "+"), 0, bits)
}

func float(text string) (uint64, error) {
	f, err := strconv.ParseFloat(text, 64)
	return math.Float64bits(f), err
}
