package tools

import (
	"errors"
	"regexp"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

const maxPattern = 8192

// compile makes a POSIX regular expression (XBD chapter 9, with GNU's
// additions) one of Go's, whose matching takes linear time.
func compile(c *shell.Call, pattern string, extended, fold bool) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, errors.New("the regular expression is too long")
	}
	c.Spend(len(pattern) * 100)
	expr, err := translate(pattern, extended)
	if err != nil {
		return nil, err
	}
	flags := "(?s)"
	if fold {
		flags = "(?si)"
	}
	re, err := regexp.Compile(flags + expr)
	if err != nil {
		return nil, errors.New("invalid regular expression")
	}
	re.Longest()
	return re, nil
}

// translate rewrites a basic or extended expression in Go's syntax.
func translate(p string, extended bool) (string, error) {
	var b strings.Builder
	start := true // where * and ^ mean what they do at the beginning
	for i := 0; i < len(p); i++ {
		ch := p[i]
		switch {
		case ch == '[':
			set, n, err := bracket(p[i:])
			if err != nil {
				return "", err
			}
			b.WriteString(set)
			i += n - 1
		case ch == '\\' && i+1 < len(p):
			i++
			if err := escape(&b, p[i], extended); err != nil {
				return "", err
			}
			if !extended && (p[i] == '(' || p[i] == '|') {
				start = true
				continue
			}
		case ch == '*' && start && !extended:
			b.WriteString(`\*`)
		case ch == '^' && !extended && !start:
			b.WriteString(`\^`)
		case ch == '$' && !extended && i+1 < len(p) && !strings.HasPrefix(p[i+1:], `\)`) && !strings.HasPrefix(p[i+1:], `\|`):
			b.WriteString(`\$`)
		case strings.IndexByte("(){}|+?", ch) >= 0 && !extended:
			b.WriteByte('\\')
			b.WriteByte(ch)
		case ch == '{' && extended && !interval(p[i:]):
			b.WriteString(`\{`)
		default:
			b.WriteByte(ch)
			if ch == '^' {
				continue
			}
		}
		start = false
	}
	return b.String(), nil
}

// interval reports whether a brace begins a repetition.
func interval(p string) bool {
	end := strings.IndexByte(p, '}')
	return end > 1 && strings.Trim(p[1:end], "0123456789,") == ""
}

func escape(b *strings.Builder, ch byte, extended bool) error {
	switch {
	case strings.IndexByte("(){}|+?", ch) >= 0:
		if extended {
			b.WriteByte('\\')
		}
		b.WriteByte(ch)
	case ch == '<' || ch == '>':
		b.WriteString(`\b`)
	case ch == '`':
		b.WriteString(`\A`)
	case ch == '\'':
		b.WriteString(`\z`)
	case ch >= '1' && ch <= '9':
		return errors.New("a back-reference in a regular expression is not interpreted")
	case ch == 'n':
		b.WriteByte('\n')
	case ch == 't':
		b.WriteByte('\t')
	case strings.IndexByte("wWsSbB", ch) >= 0:
		b.WriteByte('\\')
		b.WriteByte(ch)
	default:
		b.WriteString(regexp.QuoteMeta(string(ch)))
	}
	return nil
}

// bracket rewrites a bracket expression, in which a backslash is a backslash.
func bracket(p string) (string, int, error) {
	i := 1
	var b strings.Builder
	b.WriteByte('[')
	if i < len(p) && p[i] == '^' {
		b.WriteByte('^')
		i++
	}
	for first := true; i < len(p); first = false {
		switch {
		case p[i] == ']' && !first:
			b.WriteByte(']')
			return b.String(), i + 1, nil
		case strings.HasPrefix(p[i:], "[:"):
			end := strings.Index(p[i:], ":]")
			if end < 0 {
				return "", 0, errors.New("unterminated character class")
			}
			b.WriteString(p[i : i+end+2])
			i += end + 2
			continue
		case p[i] == '\\' && i+1 < len(p) && (p[i+1] == 'n' || p[i+1] == 't'): // as GNU has it
			b.WriteString(p[i : i+2])
			i += 2
			continue
		case strings.IndexByte(`\[]^&~`, p[i]) >= 0:
			b.WriteByte('\\')
		}
		b.WriteByte(p[i])
		i++
	}
	return "", 0, errors.New("unterminated [")
}
