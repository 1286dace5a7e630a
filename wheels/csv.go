package wheels

import (
	"errors"
	"strings"
)

// csvRows reads text as comma-separated values the way Python's csv module does
// for installers, which is laxer than RFC 4180: lines end with LF, CR LF or CR,
// and a quote within a cell that doesn't begin with one is a quote. Lines
// without a character are no rows. It calls row with each row's line and cells,
// which it overwrites with the next, until row fails.
func csvRows(text string, row func(line int, cells []string) error) error {
	var cells []string
	for line := 1; text != ""; line++ {
		switch text[0] {
		case '\n':
			text = text[1:]
			continue
		case '\r':
			text = strings.TrimPrefix(text[1:], "\n")
			continue
		}
		at := line
		cells = cells[:0]
		for more := true; more; {
			cell, rest, err := csvCell(text)
			if err != nil {
				return &lineError{at, err}
			}
			line += strings.Count(cell, "\n")
			cells = append(cells, cell)
			if more = strings.HasPrefix(rest, ","); more {
				rest = rest[1:]
			}
			text = rest
		}
		if strings.HasPrefix(text, "\r\n") {
			text = text[1:]
		}
		text = text[min(1, len(text)):]
		if err := row(at, cells); err != nil {
			return &lineError{at, err}
		}
	}
	return nil
}

// csvCell returns the cell at the beginning of text, and what follows it: a
// comma, the end of a line, or nothing.
func csvCell(text string) (cell, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		n := strings.IndexAny(text, ",\r\n")
		if n < 0 {
			n = len(text)
		}
		return text[:n], text[n:], nil
	}
	var b strings.Builder
	rest = text[1:]
	for {
		part, after, closed := strings.Cut(rest, `"`)
		if !closed {
			return "", "", errors.New("a quote is not closed")
		}
		b.WriteString(part)
		if rest = after; !strings.HasPrefix(rest, `"`) {
			break
		}
		b.WriteByte('"')
		rest = rest[1:]
	}
	if rest != "" && !strings.ContainsRune(",\r\n", rune(rest[0])) {
		return "", "", errors.New("text follows a closing quote")
	}
	return b.String(), rest, nil
}
