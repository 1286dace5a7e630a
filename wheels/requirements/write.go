package requirements

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteOptions change what Write prints. The zero value is valid.
type WriteOptions struct {
	// Header holds lines to print as comments at the top. Keep times, hosts and
	// user names out of it, or the same pins make different files.
	Header []string
}

// Write prints pins as hashed requirements, in the layout of pip-compile and uv:
// sorted by normalized name, hashes sorted, each pin's Comment below it. Reading
// the text again yields the same pins; the same pins yield the same bytes.
// Nothing is written when a pin can't be.
func Write(w io.Writer, pins []Pin, opt WriteOptions) error {
	var b strings.Builder
	for _, line := range opt.Header {
		writeComment(&b, "", line)
	}
	ordered := slices.Clone(pins)
	slices.SortStableFunc(ordered, func(x, y Pin) int {
		return cmp.Or(strings.Compare(x.Normalized, y.Normalized), x.Version.Compare(y.Version))
	})
	for _, p := range ordered {
		if err := p.check(); err != nil {
			return fmt.Errorf("writing pin of %q: %w", p.Name, err)
		}
		p.write(&b)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing requirements: %w", err)
	}
	return nil
}

// check refuses what would not be read again as it was, or by pip.
func (p Pin) check() error {
	for _, hash := range p.Hashes {
		if _, err := parseHash(hash); err != nil {
			return err
		}
	}
	line := p.requirement()
	if strings.ContainsFunc(line, isLineEnd) || strings.HasSuffix(line, `\`) {
		return fmt.Errorf("it contains a line break")
	}
	if text, comment := cutComment(line); comment != "" || text != line {
		return fmt.Errorf("it contains text like a comment")
	}
	if args, options := breakLine(line); options != "" || args != line {
		return fmt.Errorf("it contains text like an option")
	}
	return nil
}

func (p Pin) requirement() string {
	var b strings.Builder
	switch {
	case p.Path != "":
		b.WriteString(p.Path)
	default:
		b.WriteString(p.Name)
	}
	if len(p.Extras) > 0 {
		b.WriteString("[" + strings.Join(sorted(p.Extras), ",") + "]")
	}
	switch {
	case p.Path != "":
	case p.URL != "":
		b.WriteString(" @ " + p.URL)
	default:
		b.WriteString("==" + p.Version.String())
	}
	if p.Marker != nil {
		b.WriteString(" ; " + p.Marker.String())
	}
	return b.String()
}

func (p Pin) write(b *strings.Builder) {
	b.WriteString(p.requirement())
	for _, hash := range sorted(p.Hashes) {
		b.WriteString(" \\\n    --hash=" + hash)
	}
	b.WriteByte('\n')
	if p.Comment != "" {
		writeComment(b, "    ", p.Comment)
	}
}

func writeComment(b *strings.Builder, indent, text string) {
	for _, line := range splitLines(text) {
		b.WriteString(strings.TrimRightFunc(indent+"# "+line, isSpace) + "\n")
	}
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// Via is the comment that names who asked for a pin, in the way of pip-compile:
// on one line for a single name, else one below the other.
func Via(names ...string) string {
	switch names = sorted(names); len(names) {
	case 0:
		return ""
	case 1:
		return "via " + names[0]
	}
	return "via\n  " + strings.Join(names, "\n  ")
}
