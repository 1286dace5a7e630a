package requirements

import (
	"errors"
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/wheels/pep508"
)

// Kind says what is wrong with a line, for callers that offer a way out.
type Kind string

// The kinds of problems.
const (
	KindSyntax     Kind = "syntax"      // not a requirement, an option or TOML as it should be
	KindOption     Kind = "option"      // an option that is unknown, shortened, or can't be honoured
	KindIgnored    Kind = "ignored"     // something that pip would silently drop
	KindEditable   Kind = "editable"    // -e
	KindDirectory  Kind = "directory"   // a project's directory, such as "."
	KindSource     Kind = "source"      // a source archive, or nothing but one to install from
	KindRepository Kind = "repository"  // git+https and the like
	KindURL        Kind = "url"         // a URL that leads to no wheel, or to another project's
	KindInclude    Kind = "include"     // -r or -c that can't be followed
	KindForeign    Kind = "foreign"     // another tool's file, by its name
	KindVariable   Kind = "variable"    // ${NAME} that is not replaced
	KindEncoding   Kind = "encoding"    // not UTF-8
	KindLimit      Kind = "limit"       // too large, too deep or too many
	KindHash       Kind = "hash"        // a hash that is malformed or of a weak kind
	KindMarker     Kind = "marker"      // a marker that has no value for the target
	KindUnpinned   Kind = "unpinned"    // no exact version
	KindUnhashed   Kind = "unhashed"    // no SHA-256
	KindDuplicate  Kind = "duplicate"   // a second pin of one project
	KindConstraint Kind = "constraint"  // at odds with a constraints file
	KindTarget     Kind = "target"      // a lock that isn't meant for the target
	KindNote       Kind = "information" // taken, but without effect; never an error
)

// maxText bounds how much of a line a problem quotes, in bytes; maxProblems how
// many are listed.
const (
	maxText     = 120
	maxProblems = 1000
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	File string // the path as it was given or included
	Line int    // from 1; 0 when the whole file is meant
	Text string // the offending text, shortened, with secrets hidden
	Kind Kind
	Msg  string
}

// Error returns file, line, text and message in one line.
func (p *Problem) Error() string {
	place := p.File
	if p.Line > 0 {
		place = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	if p.Text == "" {
		return fmt.Sprintf("%s: %s", place, p.Msg)
	}
	return fmt.Sprintf("%s: %q: %s", place, p.Text, p.Msg)
}

// ListProblems returns every problem within err, in order.
func ListProblems(err error) []*Problem {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var list []*Problem
		for _, e := range many.Unwrap() {
			list = append(list, ListProblems(e)...)
		}
		return list
	}
	var p *Problem
	if errors.As(err, &p) {
		return []*Problem{p}
	}
	return nil
}

// problems collects all problems, to be reported together.
type problems []error

func (ps *problems) add(file string, line int, text string, kind Kind, format string, args ...any) {
	if kind == KindSyntax {
		text = "" // it may be anything: a file that was included isn't one of requirements perhaps
	}
	switch {
	case len(*ps) > maxProblems:
		return
	case len(*ps) == maxProblems:
		line, text, kind, format, args = 0, "", KindLimit, "more than %d problems; the rest are not listed", []any{maxProblems}
	}
	*ps = append(*ps, &Problem{File: file, Line: line, Text: shorten(text), Kind: kind, Msg: fmt.Sprintf(format, args...)})
}

func (ps problems) err() error { return errors.Join(ps...) }

// shorten makes text fit to be quoted: without secrets, hashes and excess.
func shorten(text string) string {
	text, _, _ = strings.Cut(text, " --hash")
	text = strings.TrimSpace(pep508.Redact(text))
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}
