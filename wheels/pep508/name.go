package pep508

import "strings"

// NormalizeName returns the form of PEP 503 in which names of projects and
// extras are compared: lower case, with each run of "-", "_" and "." as one
// dash. It doesn't judge the name; see [ValidName].
func NormalizeName(s string) string {
	if isNormal(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	dash := false
	for _, r := range strings.ToLower(s) {
		if r == '-' || r == '_' || r == '.' {
			if !dash {
				b.WriteByte('-')
			}
			dash = true
			continue
		}
		b.WriteRune(r)
		dash = false
	}
	return b.String()
}

// isNormal spares the common case a copy.
func isNormal(s string) bool {
	dash := false
	for i := range len(s) {
		c := s[i]
		if !isLower(c) && !isDigit(c) && (c != '-' || dash) {
			return false
		}
		dash = c == '-'
	}
	return true
}

// ValidName reports whether s is a project or extra name as the core metadata
// specification has it: ASCII letters, digits, "-", "_" and ".", with a letter
// or digit at both ends.
func ValidName(s string) bool {
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return s != "" && isAlphanumeric(s[0]) && isAlphanumeric(s[len(s)-1])
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlphanumeric(c byte) bool { return isLower(c) || isDigit(c) || 'A' <= c && c <= 'Z' }

func isNameByte(c byte) bool { return isAlphanumeric(c) || c == '-' || c == '_' || c == '.' }
