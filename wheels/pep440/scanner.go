package pep440

import "strings"

// scanner walks over version text. It never looks back further than one part,
// so a parse is linear in the length of its input.
type scanner struct {
	s string
	i int
}

func (c *scanner) rest() string { return c.s[c.i:] }

func (c *scanner) skip(b byte) bool {
	if c.i < len(c.s) && c.s[c.i] == b {
		c.i++
		return true
	}
	return false
}

func (c *scanner) skipSeparator() bool { return c.skip('.') || c.skip('-') || c.skip('_') }

// skipFold skips a lower-case ASCII word, written in any case.
func (c *scanner) skipFold(word string) bool {
	if len(c.s)-c.i < len(word) {
		return false
	}
	for k := range len(word) {
		b := c.s[c.i+k]
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != word[k] {
			return false
		}
	}
	c.i += len(word)
	return true
}

func (c *scanner) digits() string {
	start := c.i
	for c.i < len(c.s) && isDigit(c.s[c.i]) {
		c.i++
	}
	return c.s[start:c.i]
}

func (c *scanner) alphanumeric() string {
	start := c.i
	for c.i < len(c.s) && isAlphanumeric(c.s[c.i]) {
		c.i++
	}
	return c.s[start:c.i]
}

// part reads "<separator?>word<separator?>digits?"; a missing number counts as
// 0. It moves only when it finds the word.
func (c *scanner) part(word string) (Number, bool) {
	start := c.i
	c.skipSeparator()
	if !c.skipFold(word) {
		c.i = start
		return "", false
	}
	c.skipSeparator()
	return newNumber(c.digits()), true
}

// skipSpace skips white space as Python's \s has it.
func (c *scanner) skipSpace() {
	c.i = len(c.s) - len(strings.TrimLeftFunc(c.rest(), isSpace))
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isAlphanumeric(b byte) bool {
	return isDigit(b) || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
