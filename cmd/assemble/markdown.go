package main

import (
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// markdown writes the part of Markdown that docs/ uses as plain text: headings,
// paragraphs, lists, tables, and code as it is.
func (p *helpPage) markdown(text string) {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for len(lines) > 0 {
		n := 1
		line := lines[0]
		switch {
		case line == "", strings.HasPrefix(line, "<!--"), strings.HasPrefix(line, "!["):
		case strings.HasPrefix(line, "#"):
			p.heading(line)
		case strings.HasPrefix(line, "```"):
			n += until(lines[1:], func(s string) bool { return strings.HasPrefix(s, "```") })
			p.code(lines[1:n], "    ")
			n = min(n+1, len(lines))
		case strings.HasPrefix(line, "    "):
			n = until(lines, func(s string) bool { return s != "" && !strings.HasPrefix(s, "    ") })
			p.code(trimEnd(lines[:n]), "")
		case strings.HasPrefix(line, "|"):
			n = until(lines, func(s string) bool { return !strings.HasPrefix(s, "|") })
			p.table(lines[:n])
		default:
			n = 1 + until(lines[1:], beginsBlock)
			p.prose(lines[:n])
		}
		if line != "" {
			p.inList = listItem.MatchString(line)
		}
		lines = lines[n:]
	}
}

// until counts the lines before the first one that is.
func until(lines []string, is func(string) bool) int {
	for i, l := range lines {
		if is(l) {
			return i
		}
	}
	return len(lines)
}

var listItem = lazyregexp.New(`^(-|[0-9]+\.) +`)

// beginsBlock reports whether a line ends the paragraph before it.
func beginsBlock(s string) bool {
	return s == "" || listItem.MatchString(s) || strings.HasPrefix(s, "#") ||
		strings.HasPrefix(s, "```") || strings.HasPrefix(s, "|") || strings.HasPrefix(s, "<!--")
}

func trimEnd(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// gap writes an empty line, but at the beginning.
func (p *helpPage) gap() {
	if p.text.Len() > 0 {
		p.line("")
	}
}

func (p *helpPage) heading(line string) {
	text := plainText(strings.TrimSpace(strings.TrimLeft(line, "#")))
	p.gap()
	if !strings.HasPrefix(line, "###") {
		text = strings.ToUpper(text)
	}
	p.line("%s", text)
}

func (p *helpPage) code(lines []string, indent string) {
	p.gap()
	for _, l := range lines {
		p.line("%s", strings.TrimRight(indent+l, " "))
	}
}

// prose writes a paragraph or an item of a list.
func (p *helpPage) prose(lines []string) {
	text := strings.Join(lines, " ")
	mark := listItem.FindString(text)
	if mark == "" {
		p.gap()
		p.paragraph("", plainText(text))
		return
	}
	if !p.inList {
		p.gap()
	}
	for i, l := range wrap(plainText(text[len(mark):]), p.width-2-len(mark)) {
		if i > 0 {
			mark = strings.Repeat(" ", len(mark))
		}
		p.line("  %s%s", mark, l)
	}
}

var (
	link   = lazyregexp.New(`\[([^\]]+)\]\(([^)]+)\)`)
	strong = lazyregexp.New(`\*\*([^*]+)\*\*`)
)

// plainText takes links and stress out of a text; code keeps its marks.
func plainText(s string) string {
	s = link.ReplaceAllString(s, "$1")
	return strong.ReplaceAllString(s, "$1")
}

// table writes a table in columns as wide as their content, those that are
// widest narrowed until all fit.
func (p *helpPage) table(lines []string) {
	var rows [][]string
	for i, l := range lines {
		if i == 1 { // the rule below the head
			continue
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(l, `\|`, "\x00"), "|"), "|")
		for c := range cells {
			cells[c] = plainText(strings.ReplaceAll(strings.TrimSpace(cells[c]), "\x00", "|"))
		}
		rows = append(rows, cells)
	}
	widths := columnWidths(rows, p.width-2)
	p.gap()
	for _, cells := range rows {
		p.tableRow(cells, widths)
	}
}

// columnWidths are those of a table's columns, with two spaces between them.
func columnWidths(rows [][]string, width int) []int {
	const least = 8
	var widths []int
	for _, cells := range rows {
		for c, cell := range cells {
			if c == len(widths) {
				widths = append(widths, 0)
			}
			widths[c] = max(widths[c], runes(cell))
		}
	}
	for {
		total, widest := -2, 0
		for c, w := range widths {
			total += w + 2
			if w > widths[widest] {
				widest = c
			}
		}
		if total <= width || widths[widest] <= least {
			return widths
		}
		widths[widest]--
	}
}

func (p *helpPage) tableRow(cells []string, widths []int) {
	columns := make([][]string, len(cells))
	height := 0
	for c, cell := range cells {
		columns[c] = wrap(cell, widths[c])
		height = max(height, len(columns[c]))
	}
	for i := range height {
		line := " "
		for c, column := range columns {
			cell := ""
			if i < len(column) {
				cell = column[i]
			}
			line += " " + cell + strings.Repeat(" ", max(0, widths[c]-runes(cell))+1)
		}
		p.line("%s", strings.TrimRight(line, " "))
	}
}
