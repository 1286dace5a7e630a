package main

import (
	"fmt"
	"html"
	"strings"
)

// The chart's measures, in pixels.
const (
	chartWidth  = 860
	chartMargin = 20
	chartTop    = 74
	barLeft     = 300 // where bars begin
	barLongest  = 400
	barHeight   = 14
	barGap      = 4
	groupGap    = 18
)

const chartStyle = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .title { font-size: 17px; font-weight: 600; }
  .quiet { fill: #59636e; }
  .what { font-weight: 600; }
  .ours { fill: #1a7f5a; }
  .missed { fill: #bc4c00; }
  .theirs { fill: #8c959f; }
  .room { fill: none; stroke: #8c959f; stroke-dasharray: 4 3; }
  .paper { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .ours { fill: #3fb58a; }
    .missed { fill: #f0883e; }
    .theirs { fill: #656c76; }
    .room { stroke: #656c76; }
    .paper { fill: #0d1117; }
  }
`

// bar is one bar of a group.
type bar struct {
	class, label, value string
	size                float64
}

// bars are the row's own and what it is held against: the other contender, or
// what there is room for.
func (r *row) bars() []bar {
	mine := bar{class: "ours", label: "assemble", value: r.Unit.format(r.ours()), size: r.ours()}
	if r.goal() != "" && !r.holds() {
		mine.class = "missed"
	}
	if len(r.Theirs) == 0 {
		return []bar{mine, {class: "room", label: "to reach", value: r.goal(), size: r.Below}}
	}
	mine.value += fmt.Sprintf("  (%.3f)", r.ratio())
	return []bar{mine, {class: "theirs", label: r.Against, value: r.Unit.format(r.theirs()), size: r.theirs()}}
}

// chart draws the promised rows as groups of horizontal bars, each group to a
// scale of its own. It depends on the report alone.
func (r *report) chart() string {
	var body strings.Builder
	y := chartTop
	for i := range r.Rows {
		if r.Rows[i].Skipped == "" {
			y = r.Rows[i].draw(&body, y) + groupGap
		}
	}
	missed := ""
	if strings.Contains(body.String(), `"missed"`) {
		missed = "; orange: not reached"
	}
	height := y - groupGap + chartMargin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">`+"\n", chartWidth, height, chartWidth, height)
	fmt.Fprintf(&b, "<title>assemble against what one would use instead</title>\n<style>%s</style>\n", chartStyle)
	fmt.Fprintf(&b, `<rect class="paper" width="%d" height="%d"/>`+"\n", chartWidth, height)
	text(&b, "title", chartMargin, 32, "start", "assemble against what one would use instead")
	text(&b, "quiet", chartMargin, 52, "start", fmt.Sprintf("%d wheels, %s, %d cores, medians of %d; shorter is better; each group has its own scale%s",
		r.Wheels, byteCount.format(float64(r.Bytes)), r.Machine.Cores, r.Runs, missed))
	b.WriteString(body.String())
	b.WriteString("</svg>\n")
	return b.String()
}

// draw draws the row's bars from y on, and returns where they end.
func (r *row) draw(b *strings.Builder, y int) int {
	text(b, "what", chartMargin, y+barHeight-2, "start", r.What)
	if goal := r.goal(); len(r.Theirs) > 0 && goal != "" {
		text(b, "quiet", chartWidth-chartMargin, y+barHeight-2, "end", "to reach: "+goal)
	}
	y += barHeight + barGap
	bars := r.bars()
	longest := 0.0
	for _, bar := range bars {
		longest = max(longest, bar.size)
	}
	for _, bar := range bars {
		w := max(barLongest*bar.size/longest, 1)
		text(b, "quiet", barLeft-8, y+barHeight-3, "end", bar.label)
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`+"\n", bar.class, barLeft, y, w, barHeight)
		text(b, "", barLeft+int(w)+8, y+barHeight-3, "start", bar.value)
		y += barHeight + barGap
	}
	return y
}

func text(b *strings.Builder, class string, x, y int, anchor, s string) {
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d" text-anchor="%s">%s</text>`+"\n", class, x, y, anchor, html.EscapeString(s))
}
