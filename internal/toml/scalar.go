package toml

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// keys reads a key, dotted or not, with the blanks around it.
func (p *parser) keys() ([]string, error) {
	var keys []string
	for {
		p.blanks()
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		if keys = append(keys, key); len(keys) > maxDepth {
			return nil, p.fail("too many parts in a key")
		}
		p.blanks()
		if !p.skip(".") {
			return keys, nil
		}
	}
}

func (p *parser) key() (string, error) {
	if p.i < len(p.s) {
		switch p.s[p.i] {
		case '"':
			return p.basic()
		case '\'':
			return p.literal()
		}
	}
	start := p.i
	for p.i < len(p.s) && isBareKey(p.s[p.i]) {
		p.i++
	}
	if p.i == start {
		return "", p.fail("expected a key")
	}
	return p.s[start:p.i], nil
}

func isBareKey(c byte) bool {
	return c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func (p *parser) value() (Value, error) {
	if p.i == len(p.s) {
		return nil, p.fail("expected a value")
	}
	switch p.s[p.i] {
	case '"':
		if p.skip(`"""`) {
			return p.multiline(`"""`, true)
		}
		return p.basic()
	case '\'':
		if p.skip(`'''`) {
			return p.multiline(`'''`, false)
		}
		return p.literal()
	case '[':
		return p.array()
	case '{':
		return p.inlineTable()
	}
	return p.scalar()
}

var (
	decimal  = lazyregexp.New(`^[+-]?(0|[1-9](_?[0-9])*)$`)
	based    = lazyregexp.New(`^0(x[0-9a-fA-F](_?[0-9a-fA-F])*|o[0-7](_?[0-7])*|b[01](_?[01])*)$`)
	float    = lazyregexp.New(`^[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?$`)
	dateTime = lazyregexp.New(`^([0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?|[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?)$`)
)

// maxScalar bounds the text of a number or date, in bytes.
const maxScalar = 128

// scalar reads a value that is neither quoted nor bracketed.
func (p *parser) scalar() (Value, error) {
	start := p.i
	for p.i < len(p.s) && !strings.ContainsRune(" \t\r\n,]}#", rune(p.s[p.i])) {
		p.i++
	}
	// A blank may stand between a date and a time.
	if p.i-start == len("2006-01-02") && len(p.s)-p.i > 3 && p.s[p.i] == ' ' && isDigit(p.s[p.i+1]) && isDigit(p.s[p.i+2]) {
		p.i++
		for p.i < len(p.s) && !strings.ContainsRune(" \t\r\n,]}#", rune(p.s[p.i])) {
			p.i++
		}
	}
	text := p.s[start:p.i]
	if v, ok := parseScalar(text); ok {
		return v, nil
	}
	return nil, p.fail("expected a value")
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func parseScalar(text string) (Value, bool) {
	if len(text) > maxScalar {
		return nil, false
	}
	bare := strings.ReplaceAll(text, "_", "")
	switch {
	case text == "true", text == "false":
		return text == "true", true
	case decimal.MatchString(text), based.MatchString(text):
		base := 0
		if decimal.MatchString(text) {
			base = 10
		}
		n, err := strconv.ParseInt(bare, base, 64)
		return n, err == nil
	case float.MatchString(text):
		f, err := strconv.ParseFloat(bare, 64)
		return f, err == nil
	case dateTime.MatchString(text):
		return Date(text), true
	}
	switch strings.TrimLeft(text, "+-") {
	case "inf", "nan":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil { // a signed nan
			f = math.NaN()
		}
		return f, strings.Count(text, "+")+strings.Count(text, "-") <= 1
	}
	return nil, false
}

// literal reads text in single quotes, where nothing is escaped.
func (p *parser) literal() (string, error) {
	start := p.i + 1
	for end := start; end < len(p.s); end++ {
		if p.s[end] == '\'' {
			p.i = end + 1
			return p.s[start:end], nil
		}
		if isControl(p.s[end]) {
			break
		}
	}
	return "", p.fail("expected a closing quote")
}

// basic reads text in double quotes.
func (p *parser) basic() (string, error) {
	p.i++
	var b strings.Builder
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return b.String(), nil
		case c == '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
		case isControl(c):
			return "", p.fail("expected a closing quote")
		default:
			b.WriteByte(c)
			p.i++
		}
	}
	return "", p.fail("expected a closing quote")
}

const escapes = "b\bt\tn\nf\fr\r\"\"\\\\"

func (p *parser) escape(b *strings.Builder) error {
	rest := p.s[p.i+1:]
	if rest == "" {
		return p.fail("unfinished escape")
	}
	for k := 0; k < len(escapes); k += 2 {
		if escapes[k] == rest[0] {
			b.WriteByte(escapes[k+1])
			p.i += 2
			return nil
		}
	}
	digits := map[byte]int{'u': 4, 'U': 8}[rest[0]]
	if digits == 0 || len(rest) < 1+digits {
		return p.fail("unknown escape")
	}
	code, err := strconv.ParseUint(rest[1:1+digits], 16, 32)
	if err != nil || code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
		return p.fail("invalid character in an escape")
	}
	b.WriteRune(rune(code))
	p.i += 2 + digits
	return nil
}
