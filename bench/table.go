package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

var header = []string{"what", "assemble", "against", "", "ratio", "to reach", ""}

// cells are the row's columns.
func (r *row) cells() []string {
	if r.Skipped != "" {
		return []string{r.What, "skipped: " + r.Skipped, r.Against, "", "", r.goal(), ""}
	}
	c := []string{r.What, r.Unit.format(r.ours()), r.Against, "", "", r.goal(), ""}
	if len(r.Theirs) > 0 {
		c[3] = r.Unit.format(r.theirs())
		c[4] = fmt.Sprintf("%.3f", r.ratio())
	}
	if c[5] != "" {
		c[6] = map[bool]string{true: "yes", false: "NO"}[r.holds()]
	}
	return c
}

// text is the table for a terminal.
func (r *report) text() string {
	lines := make([][]string, 0, len(r.Rows)+len(r.Extra)+2)
	lines = append(lines, header)
	for i := range r.Rows {
		lines = append(lines, r.Rows[i].cells())
	}
	lines = append(lines, nil) // an empty one
	for i := range r.Extra {
		lines = append(lines, r.Extra[i].cells())
	}
	widths := make([]int, len(header))
	for _, line := range lines {
		for i, c := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.caption())
	for _, line := range lines {
		var out strings.Builder
		for i, c := range line {
			out.WriteString(c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)+2))
		}
		b.WriteString(strings.TrimRight(out.String(), " ") + "\n")
	}
	if len(r.Stages) > 0 {
		fmt.Fprintf(&b, "\n%s\n", r.stages())
	}
	return b.String()
}

// caption says where the figures come from.
func (r *report) caption() string {
	m := &r.Machine
	s := fmt.Sprintf("%d wheels, %s; medians of %d runs by turns on %d cores (%s, %s, %s)",
		r.Wheels, byteCount.format(float64(r.Bytes)), r.Runs, m.Cores, m.CPU, m.OS, m.Go)
	if m.LoadBefore != "" {
		s += fmt.Sprintf("; load %s before, %s after", m.LoadBefore, m.LoadAfter)
	}
	if m.Unpigz {
		s += "; containerd unpacks by unpigz"
	}
	return s + "."
}

// markdown is the table for docs/.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.caption())
	markdownTable(&b, []string{"what", "assemble", "against", "", "ratio", "to reach", "reached"}, func(add func(...string)) {
		for i := range r.Rows {
			add(r.Rows[i].cells()...)
		}
	})
	b.WriteString("\nFor information:\n\n")
	markdownTable(&b, []string{"what", "assemble", "against", "", "ratio"}, func(add func(...string)) {
		for i := range r.Extra {
			add(r.Extra[i].cells()[:5]...)
		}
	})
	if len(r.Stages) > 0 {
		fmt.Fprintf(&b, "\n%s\n", r.stages())
	}
	return b.String()
}

// stages says where the time of a cold push goes.
func (r *report) stages() string {
	list := make([]string, len(r.Stages))
	for i, s := range r.Stages {
		list[i] = s.Name + " " + seconds.format(s.Seconds)
	}
	return "Stages of the cold push (packing and pushing overlap): " + strings.Join(list, ", ") + "."
}

// spreadMarkdown is the table of what an update changes.
func (r *report) spreadMarkdown() string {
	var b strings.Builder
	markdownTable(&b, []string{
		"a new version of", "its wheel", fmt.Sprintf("assemble (%d layers)", r.Groups), "one layer for all",
		fmt.Sprintf("a layer for each wheel (%d)", r.Wheels),
	}, func(add func(...string)) {
		for _, s := range r.Spread {
			add(s.Update, megabytes(s.Wheel), megabytes(s.Grouped), megabytes(s.One), megabytes(s.Each))
		}
	})
	return b.String()
}

func megabytes(n int64) string {
	if n < 10e6 {
		return fmt.Sprintf("%.2f MB", float64(n)/1e6)
	}
	return byteCount.format(float64(n))
}

// markdownTable writes a table whose first and third columns are words.
func markdownTable(b *strings.Builder, head []string, rows func(add func(...string))) {
	line := func(cells ...string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head...)
	marks := make([]string, len(head))
	for i, h := range head {
		marks[i] = "---:"
		if i == 0 || h == "against" {
			marks[i] = "---"
		}
	}
	line(marks...)
	rows(line)
}
