package requirements

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// logicalLine is what pip makes of one or more physical lines: continuations
// joined, the comment taken off, variables not yet expanded.
type logicalLine struct {
	number  int    // of the first physical line, from 1
	text    string // trimmed, never empty
	comment string // from the line itself and the indented comment lines below it
}

// splitLines splits where Python's str.splitlines does, which is in more
// places than a line feed.
func splitLines(s string) []string {
	lines := make([]string, 0, strings.Count(s, "\n")+1)
	for s != "" {
		end := strings.IndexFunc(s, isLineEnd)
		if end < 0 {
			return append(lines, s)
		}
		lines = append(lines, s[:end])
		_, size := utf8.DecodeRuneInString(s[end:])
		if strings.HasPrefix(s[end:], "\r\n") {
			size = 2
		}
		s = s[end+size:]
	}
	return lines
}

// countLines returns at least the number of lines that splitLines makes.
func countLines(s string) int {
	n := 1
	for _, r := range s {
		if isLineEnd(r) {
			n++
		}
	}
	return n
}

func isLineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// isSpace is white space as Python has it.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// logicalLines joins continued lines and takes comments off, in the order of
// pip: a comment line ends a continuation and is never continued itself.
func logicalLines(content string) []logicalLine {
	var lines []logicalLine
	var joined []byte
	first := 0 // number of the first line of a continuation, 0 outside one
	attach := false
	flush := func(number int, text string) {
		text, comment := cutComment(text)
		if text = strings.TrimFunc(text, isSpace); text != "" {
			lines = append(lines, logicalLine{number: number, text: text, comment: comment})
		}
		attach = text != ""
	}
	for i, line := range splitLines(content) {
		comment := isComment(line)
		if strings.HasSuffix(line, `\`) && !comment {
			if first == 0 {
				first = i + 1
			}
			joined = append(joined, strings.Trim(line, `\`)...)
			continue
		}
		switch {
		case first > 0:
			if comment {
				joined = append(joined, ' ') // keeps the "#" apart from the text before it
			}
			joined = append(joined, line...)
			flush(first, string(joined))
			joined = joined[:0]
			first = 0
		case comment && attach && line[0] != '#':
			last := &lines[len(lines)-1]
			_, more := cutComment(line)
			last.comment = strings.TrimPrefix(last.comment+"\n"+more, "\n")
		default:
			flush(i+1, line)
		}
	}
	if first > 0 {
		flush(first, string(joined))
	}
	return lines
}

// isComment reports whether a line holds nothing but a comment.
func isComment(line string) bool { return strings.HasPrefix(strings.TrimLeftFunc(line, isSpace), "#") }

// cutComment splits a line before its first "#" at the start or after white
// space. The comment comes without "#" and one blank.
func cutComment(line string) (text, comment string) {
	for from := 0; ; {
		at := strings.IndexByte(line[from:], '#')
		if at < 0 {
			return line, ""
		}
		at += from
		before, _ := utf8.DecodeLastRuneInString(line[:at])
		if at == 0 || isSpace(before) {
			comment = strings.TrimPrefix(line[at+1:], " ")
			return line[:at], strings.TrimRightFunc(comment, isSpace)
		}
		from = at + 1
	}
}
