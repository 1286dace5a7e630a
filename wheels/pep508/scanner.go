package pep508

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner walks over the text of a requirement or marker.
type scanner struct {
	s     string
	i     int
	depth int // open parentheses
}

func (c *scanner) rest() string { return c.s[c.i:] }

func (c *scanner) atEnd() bool { return c.i == len(c.s) }

// blanks skips spaces and tabs, the only white space of the grammar.
func (c *scanner) blanks() bool {
	start := c.i
	for !c.atEnd() && (c.s[c.i] == ' ' || c.s[c.i] == '\t') {
		c.i++
	}
	return c.i > start
}

func (c *scanner) skip(token string) bool {
	if strings.HasPrefix(c.rest(), token) {
		c.i += len(token)
		return true
	}
	return false
}

// skipWord skips a token that must stand alone: no word character touches it
// on either side.
func (c *scanner) skipWord(word string) bool {
	if !strings.HasPrefix(c.rest(), word) || c.wordBefore() {
		return false
	}
	next, _ := utf8.DecodeRuneInString(c.s[c.i+len(word):])
	if isWord(next) {
		return false
	}
	c.i += len(word)
	return true
}

func (c *scanner) wordBefore() bool {
	r, _ := utf8.DecodeLastRuneInString(c.s[:c.i])
	return c.i > 0 && isWord(r)
}

// isWord is \w of Python's regular expressions.
func isWord(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r))
}

// identifier reads a name of a project or an extra. Separators at its end are
// left to the caller, who has no use for them and fails.
func (c *scanner) identifier() string {
	if c.atEnd() || !isAlphanumeric(c.s[c.i]) || c.wordBefore() {
		return ""
	}
	end := c.i
	for end < len(c.s) && isNameByte(c.s[end]) {
		end++
	}
	for c.s[end-1] == '.' || c.s[end-1] == '-' {
		end--
	}
	name := c.s[c.i:end]
	c.i = end
	return name
}

// SyntaxError says where in a requirement or marker something else was wanted.
// It quotes no more than a clause of the text.
type SyntaxError struct {
	Column int // in bytes, from 1
	Msg    string
}

// Error returns the column and the message.
func (e *SyntaxError) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Msg) }

func (c *scanner) fail(format string, args ...any) error {
	return &SyntaxError{Column: c.i + 1, Msg: fmt.Sprintf(format, args...)}
}
