package main

import (
	"fmt"

	"github.com/assemble-image/assemble/internal/report"
)

// steps picks what --verbose adds to a display: that a stage begins, and each
// thing that it says it is doing, once.
type steps struct {
	verbose bool
	seen    map[string]bool
}

// line is what is to be said of an event, "" for nothing.
func (s *steps) line(e report.Event) string {
	if !s.verbose || e.Note != "" || e.End || e.Text == "" {
		return ""
	}
	line := fmt.Sprintf("%-6s %s", e.Stage, e.Text)
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	key := e.Scope + "\x00" + line
	if s.seen[key] {
		return ""
	}
	s.seen[key] = true
	return line
}
