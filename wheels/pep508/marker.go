package pep508

import (
	"fmt"
	"strings"
)

// maxDepth bounds the nesting of parentheses in a marker.
const maxDepth = 100

// Marker is a parsed environment marker. Get one from [ParseMarker]; it is
// immutable.
type Marker struct {
	expr expr
}

// expr is a chain of terms: terms[0] ops[0] terms[1] …, with "and" binding
// closer than "or".
type expr struct {
	terms []term
	ops   []string // "and" or "or", one fewer than terms
}

// term is a comparison, or an expression in parentheses.
type term struct {
	group *expr // nil for a comparison
	lhs   operand
	op    string
	rhs   operand
}

// operand is a variable's name or a string's value.
type operand struct {
	text     string
	variable bool
}

// ParseMarker reads an environment marker of PEP 508.
func ParseMarker(s string) (*Marker, error) {
	if len(s) > maxLength {
		return nil, fmt.Errorf("parsing marker %.40q: longer than %d bytes", s, maxLength)
	}
	c := &scanner{s: s}
	m, err := c.marker()
	if err == nil && !c.atEnd() {
		err = c.fail("expected the end of the marker")
	}
	if err != nil {
		return nil, fmt.Errorf("parsing marker %.200q: %w", s, err)
	}
	return m, nil
}

func (c *scanner) marker() (*Marker, error) {
	e, err := c.expression()
	if err != nil {
		return nil, err
	}
	return &Marker{expr: *e}, nil
}

func (c *scanner) expression() (*expr, error) {
	first, err := c.term()
	if err != nil {
		return nil, err
	}
	e := &expr{terms: []term{first}}
	for {
		var op string
		switch {
		case c.skipWord("and"):
			op = "and"
		case c.skipWord("or"):
			op = "or"
		default:
			return e, nil
		}
		next, err := c.term()
		if err != nil {
			return nil, err
		}
		e.ops = append(e.ops, op)
		e.terms = append(e.terms, next)
	}
}

func (c *scanner) term() (term, error) {
	c.blanks()
	if c.skip("(") {
		return c.group()
	}
	lhs, err := c.operand()
	if err != nil {
		return term{}, err
	}
	c.blanks()
	op, err := c.operator()
	if err != nil {
		return term{}, err
	}
	c.blanks()
	rhs, err := c.operand()
	if err != nil {
		return term{}, err
	}
	c.blanks()
	t := term{lhs: lhs, op: op, rhs: rhs}
	t.normalizeNames()
	return t, nil
}

func (c *scanner) group() (term, error) {
	if c.depth++; c.depth > maxDepth {
		return term{}, c.fail("more than %d nested parentheses", maxDepth)
	}
	e, err := c.expression()
	if err != nil {
		return term{}, err
	}
	if !c.skip(")") {
		return term{}, c.fail("expected \"and\", \"or\" or a closing parenthesis")
	}
	c.depth--
	c.blanks()
	return term{group: e}, nil
}

// normalizeNames brings names of extras and dependency groups into the form of
// PEP 503, as PEP 685 asks.
func (t *term) normalizeNames() {
	switch {
	case t.lhs.variable && t.lhs.text == varExtra && !t.rhs.variable:
		t.rhs.text = NormalizeName(t.rhs.text)
	case t.rhs.variable && !t.lhs.variable && (t.rhs.text == varExtra || isSet(t.rhs.text)):
		t.lhs.text = NormalizeName(t.lhs.text)
	}
}

// String returns the normal form: double quotes, single spaces, and no
// parentheses but those that group.
func (m *Marker) String() string {
	var b strings.Builder
	m.expr.write(&b, false)
	return b.String()
}

func (e *expr) write(b *strings.Builder, nested bool) {
	if len(e.terms) == 1 {
		e.terms[0].write(b, nested)
		return
	}
	if nested {
		b.WriteByte('(')
	}
	for i, t := range e.terms {
		if i > 0 {
			b.WriteString(" " + e.ops[i-1] + " ")
		}
		t.write(b, true)
	}
	if nested {
		b.WriteByte(')')
	}
}

func (t term) write(b *strings.Builder, nested bool) {
	if t.group != nil {
		t.group.write(b, nested)
		return
	}
	b.WriteString(t.lhs.String() + " " + t.op + " " + t.rhs.String())
}
