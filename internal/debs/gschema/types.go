package gschema

import "strings"

// basic are the types of one letter, with their fixed sizes; 0 is none. Their
// alignment is their size, or 1.
var basic = map[byte]int{'b': 1, 'y': 1, 'n': 2, 'q': 2, 'i': 4, 'u': 4, 'h': 4, 'x': 8, 't': 8, 'd': 8, 's': 0, 'o': 0, 'g': 0}

// maxDepth bounds how deep types and values lie in each other.
const maxDepth = 64

// firstType returns the complete type that a text begins with, or nothing.
func firstType(text string) string { return typeAt(text, 0) }

func typeAt(text string, depth int) string {
	if text == "" || depth > maxDepth {
		return ""
	}
	if _, ok := basic[text[0]]; ok || text[0] == 'v' {
		return text[:1]
	}
	switch text[0] {
	case 'a', 'm':
		if inner := typeAt(text[1:], depth+1); inner != "" {
			return text[:1+len(inner)]
		}
	case '(', '{':
		return compound(text, depth)
	}
	return ""
}

func compound(text string, depth int) string {
	closing := byte(')')
	if text[0] == '{' {
		closing = '}'
	}
	at, n := 1, 0
	for at < len(text) && text[at] != closing {
		inner := typeAt(text[at:], depth+1)
		if inner == "" {
			return ""
		}
		if _, ok := basic[inner[0]]; closing == '}' && n == 0 && !ok {
			return "" // a dictionary's key is basic
		}
		at, n = at+len(inner), n+1
	}
	if at >= len(text) || closing == '}' && n != 2 {
		return ""
	}
	return text[:at+1]
}

// members are the types within brackets.
func members(typ string) []string {
	var out []string
	for rest := typ[1 : len(typ)-1]; rest != ""; {
		one := firstType(rest)
		out, rest = append(out, one), rest[len(one):]
	}
	return out
}

// alignment is what a value's first byte is aligned to.
func alignment(typ string) int {
	switch c := typ[0]; c {
	case 'a', 'm':
		return alignment(typ[1:])
	case 'v':
		return 8
	case '(', '{':
		most := 1
		for _, m := range members(typ) {
			most = max(most, alignment(m))
		}
		return most
	default:
		return max(1, basic[c])
	}
}

// fixed is the size of all values of a type, or 0 where they differ.
func fixed(typ string) int {
	if !strings.ContainsRune("({", rune(typ[0])) {
		return basic[typ[0]]
	}
	size := 0
	for _, m := range members(typ) {
		n := fixed(m)
		if n == 0 {
			return 0
		}
		size = align(size, alignment(m)) + n
	}
	return max(1, align(size, alignment(typ)))
}

func align(n, to int) int { return (n + to - 1) / to * to }
