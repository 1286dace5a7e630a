package pep440

import (
	"fmt"
	"strings"
)

// The comparison operators of PEP 440.
const (
	OpCompatible   = "~="
	OpEqual        = "=="
	OpNotEqual     = "!="
	OpLessEqual    = "<="
	OpGreaterEqual = ">="
	OpLess         = "<"
	OpGreater      = ">"
	OpArbitrary    = "==="
)

// operators is in the order in which they must be tried.
var operators = [...]string{
	OpArbitrary, OpCompatible, OpEqual, OpNotEqual, OpLessEqual, OpGreaterEqual, OpLess, OpGreater,
}

// Specifier is one clause of a version specifier set, such as ">=1.2" or
// "==2.*".
type Specifier struct {
	op       string
	text     string // the version as written, with ".*" if any
	version  Version
	valid    bool // text, less its wildcard, is a version; always so but for ===
	wildcard bool
}

// Op returns the operator, one of the Op constants.
func (s Specifier) Op() string { return s.op }

// Text returns what follows the operator, as written.
func (s Specifier) Text() string { return s.text }

// Version returns the version that s names, without a wildcard's ".*"; ok is
// false for a "===" clause whose text is not a version.
func (s Specifier) Version() (v Version, ok bool) { return s.version, s.valid }

// IsWildcard reports whether s ends in ".*".
func (s Specifier) IsWildcard() bool { return s.wildcard }

// String returns the operator and the version as written, without white space.
func (s Specifier) String() string { return s.op + s.text }

// canonical is equal for clauses that mean the same.
func (s Specifier) canonical() string {
	switch {
	case s.op == OpArbitrary || s.wildcard:
		return s.String()
	case s.op == OpCompatible:
		return s.op + s.version.String() // ~=1.0 and ~=1.0.0 differ
	}
	return s.op + s.version.Canonical()
}

// namesPrerelease reports whether s by itself asks for pre-releases.
func (s Specifier) namesPrerelease() bool {
	return s.op != OpNotEqual && !s.wildcard && s.valid && s.version.IsPrerelease()
}

// ScanSpecifier returns the length of the specifier clause at the start of s
// (white space after the operator included), or 0 when none starts there.
func ScanSpecifier(s string) int {
	c := scanner{s: s}
	op := c.operator()
	if op == "" {
		return 0
	}
	c.skipSpace()
	if op == OpArbitrary {
		if end := strings.IndexFunc(c.rest(), endsArbitrary); end >= 0 {
			return c.i + end
		}
		return len(s)
	}
	start := c.i
	v, ok := c.public()
	if !ok || op == OpCompatible && len(v.release) < 2 {
		return 0
	}
	if op != OpEqual && op != OpNotEqual {
		return c.i
	}
	// A wildcard stands right after the release, before any other part.
	w := scanner{s: s, i: start}
	w.skipFold("v")
	w.epoch()
	w.release()
	if strings.HasPrefix(w.rest(), ".*") {
		return w.i + len(".*")
	}
	c.local()
	return c.i
}

func endsArbitrary(r rune) bool { return isSpace(r) || r == ';' || r == ')' }

func (c *scanner) operator() string {
	for _, op := range operators {
		if strings.HasPrefix(c.rest(), op) {
			c.i += len(op)
			return op
		}
	}
	return ""
}

// ParseSpecifier reads one clause, with white space around it. A comma is part
// of a "===" clause and an error in others.
func ParseSpecifier(s string) (Specifier, error) {
	if len(s) > maxLength {
		return Specifier{}, fmt.Errorf("parsing specifier %.40q: longer than %d bytes", s, maxLength)
	}
	s = trimSpace(s)
	if len(s) == 0 || ScanSpecifier(s) != len(s) {
		return Specifier{}, fmt.Errorf("parsing specifier %.80q: not a PEP 440 version specifier", s)
	}
	c := scanner{s: s}
	spec := Specifier{op: c.operator()}
	spec.text = trimSpace(c.rest())
	base := spec.text
	if spec.op != OpArbitrary {
		base, spec.wildcard = strings.CutSuffix(base, ".*")
	}
	v, err := Parse(base)
	if err != nil && spec.op != OpArbitrary {
		return Specifier{}, fmt.Errorf("parsing specifier %.80q: %w", s, err)
	}
	spec.version, spec.valid = v, err == nil
	return spec, nil
}
