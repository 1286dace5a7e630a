package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/report"
)

// activeStage is a stage that is under way, a line at the foot of the
// terminal.
type activeStage struct {
	report.Event
	begun time.Time
	// grows says that there will be more than the total: no telling how long
	// that takes.
	grows bool
}

// The bar's width in cells: as wide as the figures behind it leave room for.
const minBar, maxBar = 8, 24

// line is "layers ━━━━━━────── 212.4 MB of 475.2 MB · 98.1 MB/s · 3 s left  torch",
// with a bar that shrinks on a narrow terminal before anything is cut off.
func (a *activeStage) line(width int) string {
	elapsed := time.Since(a.begun)
	if a.Total <= 0 {
		return fmt.Sprintf("%-6s %s (%.0f s)", a.Stage, a.Text, elapsed.Seconds())
	}
	done := min(a.Done, a.Total)
	figures := fmt.Sprintf("%s of %s", report.Bytes(done), report.Bytes(a.Total))
	if secs := elapsed.Seconds(); secs > 0.5 && done > 0 {
		rate := float64(done) / secs
		figures += fmt.Sprintf(" · %s/s", report.Bytes(int64(rate)))
		if !a.grows {
			figures += fmt.Sprintf(" · %.0f s left", float64(a.Total-done)/rate)
		}
	}
	head := fmt.Sprintf("%-6s ", a.Stage)
	cells := max(minBar, min(maxBar, width-len(head)-len([]rune(figures))-1))
	full := int(done * int64(cells) / a.Total)
	line := head + strings.Repeat("━", full) + strings.Repeat("─", cells-full) + " " + figures
	if a.Text != "" {
		line += "  " + a.Text
	}
	return line
}

// clip cuts s to at most n runes.
func clip(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// rows is how many rows lines of those widths take on a terminal that has
// become width cells wide: a line that no longer fits is broken into several.
func rows(lines []int, width int) int {
	n := 0
	for _, cells := range lines {
		n += max(1, (cells+width-1)/width)
	}
	return n
}
