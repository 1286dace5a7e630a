package draft

import (
	"strings"
	"unicode"
)

// maxLine bounds what is quoted of a step.
const maxLine = 96

// Line returns a text as one line that can be shown and written into a comment:
// white space is one blank, what can't be printed is left out, and what is long
// ends in an ellipsis.
func Line(text string) string { return short(OneLine(text), maxLine) }

// OneLine is Line without a bound on the length.
func OneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), r == '\u0085':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}

func short(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n-1]) + "…"
}
