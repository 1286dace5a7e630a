package requirements

import (
	"errors"
	"strings"
)

// splitWords splits the options of a line as a POSIX shell would: white space
// parts words, quotes and backslashes protect. Nothing is expanded.
func splitWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false
	for i := 0; i < len(s); i++ {
		if !inWord {
			if n := plainWord(s[i:]); n > 0 { // as all but a few are
				words = append(words, s[i:i+n])
				i += n - 1
				continue
			}
		}
		switch c := s[i]; c {
		case ' ', '\t':
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		case '\\':
			if i++; i == len(s) {
				return nil, errors.New("nothing after a backslash")
			}
			word.WriteByte(s[i])
			inWord = true
		case '\'', '"':
			text, n, err := quoted(s[i:])
			if err != nil {
				return nil, err
			}
			word.WriteString(text)
			inWord = true
			i += n - 1
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// plainWord returns the length of the word at the start of s, 0 if there is
// none or it has quotes or backslashes.
func plainWord(s string) int {
	end := strings.IndexAny(s, " \t\\'\"")
	switch {
	case end < 0:
		return len(s)
	case s[end] == ' ' || s[end] == '\t':
		return end
	}
	return 0
}

// quoted reads the quoted text at the start of s; n counts the quotes too.
func quoted(s string) (text string, n int, err error) {
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return b.String(), i + 1, nil
		case quote == '"' && s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, errors.New("no closing quote")
}
