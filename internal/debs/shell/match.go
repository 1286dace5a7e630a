package shell

import (
	"strings"
)

// Match reports whether a pattern (POSIX, XCU 2.13) matches all of text. A
// star may span what it likes, slashes and leading dots too.
func Match(pattern, text string) bool { return match(pattern, text, func(int) {}) }

func (s *state) match(pattern, text string) bool { return match(pattern, text, s.spend) }

// match goes back to the last star only, so that it takes time in proportion
// to the product of both lengths at most, which spend is told of.
func match(pattern, text string, spend func(int)) bool {
	p, t := 0, 0
	starP, starT := -1, 0
	for t < len(text) || p < len(pattern) {
		spend(1)
		if p < len(pattern) {
			if pattern[p] == '*' {
				starP, starT = p, t
				p++
				continue
			}
			if t < len(text) {
				if n, ok := one(pattern[p:], text[t], spend); ok {
					p += n
					t++
					continue
				}
			}
		}
		if starP < 0 || starT >= len(text) {
			return false
		}
		starT++
		p, t = starP+1, starT
	}
	return true
}

// one matches a single character, and returns how long the pattern's element
// is.
func one(pattern string, c byte, spend func(int)) (int, bool) {
	switch pattern[0] {
	case '?':
		return 1, true
	case '\\':
		if len(pattern) == 1 {
			return 1, c == '\\'
		}
		return 2, pattern[1] == c
	case '[':
		if n, ok := set(pattern, c, spend); n > 0 {
			return n, ok
		}
	}
	return 1, pattern[0] == c
}

// set matches a bracket expression; n is 0 where it isn't one.
func set(pattern string, c byte, spend func(int)) (n int, ok bool) {
	i, negated := 1, false
	if i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^') {
		negated = true
		i++
	}
	for first := true; i < len(pattern); first = false {
		spend(1)
		if pattern[i] == ']' && !first {
			return i + 1, ok != negated
		}
		if name, found := strings.CutPrefix(pattern[i:], "[:"); found {
			if end := strings.Index(name, ":]"); end >= 0 && end < 8 {
				ok = ok || inClass(name[:end], c)
				i += 2 + end + 2
				continue
			}
		}
		lo, next := char(pattern, i)
		hi := lo
		if next+1 < len(pattern) && pattern[next] == '-' && pattern[next+1] != ']' {
			hi, next = char(pattern, next+1)
		}
		ok = ok || lo <= c && c <= hi
		i = next
	}
	return 0, false
}

func char(pattern string, i int) (byte, int) {
	if pattern[i] == '\\' && i+1 < len(pattern) {
		return pattern[i+1], i + 2
	}
	return pattern[i], i + 1
}

func inClass(name string, c byte) bool {
	lower, upper, digit := 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9'
	switch name {
	case "alpha":
		return lower || upper
	case "digit":
		return digit
	case "alnum":
		return lower || upper || digit
	case "lower":
		return lower
	case "upper":
		return upper
	case "space":
		return c == ' ' || '\t' <= c && c <= '\r'
	case "blank":
		return c == ' ' || c == '\t'
	case "punct":
		return c > ' ' && c < 127 && !lower && !upper && !digit
	case "xdigit":
		return digit || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
	case "print":
		return c >= ' ' && c < 127
	case "graph":
		return c > ' ' && c < 127
	case "cntrl":
		return c < ' ' || c == 127
	}
	return false
}
