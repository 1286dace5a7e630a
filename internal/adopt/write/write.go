// Package write lays out a draft as assemble.yaml, each line explained by a
// comment. Start with [Config].
package write

import (
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
)

// schema is the first line, by which editors find the schema.
const schema = "# yaml-language-server: $schema=https://raw.githubusercontent.com/assemble-image/assemble/main/docs/assemble.schema.json\n"

// maxLeft bounds how many steps that were left are written into the config.
const maxLeft = 200

// writer gathers the text.
type writer struct {
	strings.Builder
	lines map[int]*draft.Item
}

// Config returns the text of the config, and which item stands in which line.
// Fields that the config doesn't know become comments.
func Config(d *draft.Draft) (text []byte, lines map[int]*draft.Item) {
	w := &writer{lines: map[int]*draft.Item{}}
	w.WriteString(schema)
	w.head(d)
	for _, l := range layouts {
		if items := d.Fields[l.path]; len(items) > 0 {
			w.field(l, items)
		}
	}
	w.left(d)
	return []byte(w.String()), w.lines
}

func (b *writer) head(d *draft.Draft) {
	b.WriteString("#\n# What the image is made of, as `assemble init` took it from:\n")
	for _, r := range d.Read {
		fmt.Fprintf(b, "#   %s\n", comment(r.Key+": "+r.Value))
	}
	if len(d.Read) == 0 {
		b.WriteString("#   nothing; this directory has no file that it knows\n")
	}
	if n := d.Count(draft.Left); n > 0 {
		fmt.Fprintf(b, "# Left to you: %d, at the end of this file.\n", n)
	}
	b.WriteString("# All fields: assemble help config\n")
}

// field writes one field with its explanation.
func (b *writer) field(l layout, items []draft.Item) {
	off := !draft.Knows(l.path) || !anyOn(items)
	fmt.Fprintf(b, "\n# %s\n", l.about)
	name := strings.Repeat("# ", btoi(off)) + l.path + ":"
	if l.style == one && len(items) == 1 {
		b.line(name+" "+value(items[0]), &items[0])
		return
	}
	b.WriteString(name + "\n")
	for i, item := range items {
		prefix := "  "
		if off || item.Off {
			prefix = "#   "
		}
		switch {
		case item.Key != "":
			prefix += quote(item.Key) + ": "
		case l.style != one:
			prefix += "- "
		}
		b.line(prefix+value(item), &items[i])
	}
}

// line writes a line with where it is from.
func (b *writer) line(text string, item *draft.Item) {
	b.lines[strings.Count(b.String(), "\n")+1] = item
	b.WriteString(text)
	why := item.From.String()
	if item.Note != "" {
		why = strings.TrimPrefix(why+": "+item.Note, ": ")
	}
	if why != "" {
		b.WriteString("  # " + comment(why))
	}
	b.WriteByte('\n')
}

// left lists the steps that were not carried over, with the way out.
func (b *writer) left(d *draft.Draft) {
	n := d.Count(draft.Left)
	if n == 0 {
		return
	}
	b.WriteString("\n# Not carried over, and what can be done:\n")
	for _, s := range d.Steps {
		if s.Status != draft.Left {
			continue
		}
		if n--; d.Count(draft.Left)-n > maxLeft {
			fmt.Fprintf(b, "#\n# … and %d more\n", n+1)
			return
		}
		fmt.Fprintf(b, "#\n# %s  %s\n#     %s\n", comment(s.Place.String()), comment(draft.Line(s.Text)), comment(s.Note))
	}
}

// comment makes a text fit for a comment: whatever it is, it stays on its line.
func comment(text string) string { return draft.OneLine(text) }

func anyOn(items []draft.Item) bool {
	for _, i := range items {
		if !i.Off {
			return true
		}
	}
	return false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
