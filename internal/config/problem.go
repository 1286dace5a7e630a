package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a config.
type Problem struct {
	// File, Line and Column say where it is; empty where the value came
	// from elsewhere. Lines and columns count from 1.
	File         string
	Line, Column int
	// Field is the field, as in smoke.http.port; or the flag that set it.
	Field string
	// What is wrong with it.
	What string
}

// Error returns file:line:column: field: what, less what is unknown.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
		if p.Line > 0 {
			fmt.Fprintf(&b, "%d:%d:", p.Line, p.Column)
		}
		b.WriteByte(' ')
	}
	if p.Field != "" {
		b.WriteString(p.Field + ": ")
	}
	b.WriteString(p.What)
	return b.String()
}

// Error is all problems of a config, in the order of the file; those without
// a place come last. It is never empty.
type Error struct {
	Problems []*Problem
}

// Error returns a line for each problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems one by one.
func (e *Error) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = p
	}
	return errs
}

// joinProblems returns the problems sorted as an error, nil where there are none.
func joinProblems(ps []*Problem) error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b *Problem) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Error{Problems: ps}
}

// origin is where a field's value came from: a place in the file or a flag.
type origin struct {
	line, column int
	flag         string
}

// problem makes a problem of the field at path, placed where the field, or the
// nearest thing around it, was given.
func (c *Config) problem(path, format string, args ...any) *Problem {
	p := &Problem{Field: path, What: fmt.Sprintf(format, args...)}
	at, ok := c.origin(path)
	switch {
	case ok && at.flag != "":
		p.Field = "--" + at.flag
	case ok:
		p.File, p.Line, p.Column = c.File, at.line, at.column
	default:
		p.File = c.File
	}
	return p
}

// origin finds where path came from; for what is absent, where its parent did.
func (c *Config) origin(path string) (origin, bool) {
	for path != "" {
		if at, ok := c.origins[path]; ok {
			return at, true
		}
		path = parent(path)
	}
	return origin{}, false
}

// parent cuts the last element off a path: a.b[0].c, a.b[0], a.b, a.
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}
