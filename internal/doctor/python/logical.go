package python

import "strings"

// logical is a logical line (The Python Language Reference, 2.1.5): its comments
// are gone, strings in it are left as "", line ends within brackets are blanks.
type logical struct {
	indent int
	text   string
	line   int // where it begins, from 1
}

const (
	maxLogical = 64 << 10 // of a logical line: more is no import
	tabStop    = 8
)

// lines cuts source into logical lines.
func lines(src string, yield func(logical) bool) {
	c := cutter{src: src, line: 1, start: 1}
	for c.at < len(c.src) {
		if c.step() && !c.give(yield) {
			return
		}
	}
	c.give(yield)
}

type cutter struct {
	src   string
	at    int
	line  int
	start int // line of what is in text
	depth int // of brackets
	text  strings.Builder
}

// give hands the line on, unless it is empty.
func (c *cutter) give(yield func(logical) bool) bool {
	text := c.text.String()
	c.text.Reset()
	c.depth = 0
	indent := 0
	for i, r := range text {
		switch r {
		case ' ':
			indent++
			continue
		case '\t':
			indent += tabStop - indent%tabStop
			continue
		case '\f', '\ufeff':
			continue
		}
		return yield(logical{indent: indent, text: strings.TrimRight(text[i:], " \t"), line: c.start})
	}
	return true
}

// step takes a piece, and reports whether a logical line has ended.
func (c *cutter) step() bool {
	if c.text.Len() == 0 {
		c.start = c.line
	}
	b := c.src[c.at]
	switch b {
	case '\n':
		c.at++
		c.line++
		if c.depth > 0 && c.text.Len() < maxLogical {
			c.text.WriteByte(' ')
			return false
		}
		return true
	case '\r':
		c.at++
	case '#':
		for c.at < len(c.src) && c.src[c.at] != '\n' {
			c.at++
		}
	case '\\':
		c.at++
		rest := c.src[c.at:]
		if n := len(rest) - len(strings.TrimPrefix(strings.TrimPrefix(rest, "\r"), "\n")); n > 0 {
			c.at += n
			c.line++
			c.text.WriteByte(' ')
		}
	case '"', '\'':
		c.quoted(b)
	default:
		switch b {
		case '(', '[', '{':
			c.depth++
		case ')', ']', '}':
			c.depth = max(0, c.depth-1)
		}
		c.text.WriteByte(b)
		c.at++
	}
	return false
}

// quoted passes over a string. Its content stays only where it is a plain word,
// such as a platform's name.
func (c *cutter) quoted(quote byte) {
	end := string(quote)
	long := strings.HasPrefix(c.src[c.at:], strings.Repeat(end, 3))
	if long {
		end = strings.Repeat(end, 3)
	}
	c.at += len(end)
	from := c.at
	for c.at < len(c.src) && !strings.HasPrefix(c.src[c.at:], end) {
		switch c.src[c.at] {
		case '\\':
			if c.at+1 < len(c.src) && c.src[c.at+1] == '\n' {
				c.line++
			}
			c.at++
		case '\n':
			if !long { // no string at all: the line ends here
				c.text.WriteString(`""`)
				return
			}
			c.line++
		}
		c.at++
	}
	content := c.src[min(from, len(c.src)):min(c.at, len(c.src))]
	c.at = min(len(c.src), c.at+len(end))
	if !isWord(content) {
		content = ""
	}
	c.text.WriteString(`"` + content + `"`)
}

func isWord(s string) bool {
	const longest = 64
	return len(s) <= longest && strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}
