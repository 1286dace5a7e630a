package pep440

import (
	"fmt"
	"strings"
	"unicode"
)

// maxLength bounds a version or a specifier set, in bytes. Real ones stay well
// under 1 KiB; the bound only keeps hostile metadata from being carried on.
const maxLength = 16 << 10

// Parse reads a version in any spelling that PEP 440 accepts: upper case, a
// leading v, alternative separators and words ("1.0-ALPHA-1"), implicit post
// releases ("1.0-1") and white space around it.
func Parse(s string) (Version, error) {
	if len(s) > maxLength {
		return Version{}, fmt.Errorf("parsing version %.40q: longer than %d bytes", s, maxLength)
	}
	c := scanner{s: trimSpace(s)}
	v, ok := c.public()
	if ok && c.rest() != "" {
		v.local, ok = c.local()
	}
	if !ok || c.rest() != "" {
		return Version{}, fmt.Errorf("parsing version %.80q: not a PEP 440 version", s)
	}
	return v, nil
}

// isSpace reports what Python's str.strip and \s take for white space, which
// has four control characters more than Go's.
func isSpace(r rune) bool { return unicode.IsSpace(r) || (r >= 0x1c && r <= 0x1f) }

func trimSpace(s string) string { return strings.TrimFunc(s, isSpace) }

// public reads all of a version but its local label.
func (c *scanner) public() (Version, bool) {
	var v Version
	c.skipFold("v")
	if v.epoch = c.epoch(); v.epoch == "" {
		v.epoch = "0"
	}
	if v.release = c.release(); v.release == nil {
		return Version{}, false
	}
	c.pre(&v)
	c.post(&v)
	v.dev, v.hasDev = c.part("dev")
	return v, true
}

func (c *scanner) epoch() Number {
	start := c.i
	if digits := c.digits(); digits != "" && c.skip('!') {
		return newNumber(digits)
	}
	c.i = start
	return ""
}

func (c *scanner) release() []Number {
	digits := c.digits()
	if digits == "" {
		return nil
	}
	release := append(make([]Number, 0, 4), newNumber(digits))
	for {
		start := c.i
		if !c.skip('.') {
			return release
		}
		if digits = c.digits(); digits == "" {
			c.i = start
			return release
		}
		release = append(release, newNumber(digits))
	}
}

func (c *scanner) pre(v *Version) {
	// A longer word stands before its own beginning.
	words := [...]struct{ word, phase string }{
		{"alpha", "a"},
		{"a", "a"},
		{"beta", "b"},
		{"b", "b"},
		{"preview", "rc"},
		{"pre", "rc"},
		{"c", "rc"},
		{"rc", "rc"},
	}
	for _, w := range words {
		if n, ok := c.part(w.word); ok {
			v.phase, v.pre = w.phase, n
			return
		}
	}
}

func (c *scanner) post(v *Version) {
	start := c.i
	if c.skip('-') {
		if digits := c.digits(); digits != "" {
			v.post, v.hasPost = newNumber(digits), true
			return
		}
		c.i = start
	}
	for _, word := range [...]string{"post", "rev", "r"} {
		if n, ok := c.part(word); ok {
			v.post, v.hasPost = n, true
			return
		}
	}
}

// local reads a plus sign and a local label.
func (c *scanner) local() ([]string, bool) {
	start := c.i
	if !c.skip('+') {
		return nil, false
	}
	var segments []string
	for {
		segment := c.alphanumeric()
		if segment == "" {
			break
		}
		if isDigits(segment) {
			segment = string(newNumber(segment))
		}
		segments = append(segments, strings.ToLower(segment))
		start = c.i
		if !c.skipSeparator() {
			break
		}
	}
	c.i = start // gives back a separator, or the plus sign, with nothing behind it
	return segments, segments != nil
}
