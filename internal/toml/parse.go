package toml

import (
	"strings"
	"unicode/utf8"
)

// maxDepth bounds arrays and inline tables within each other, and the parts of
// a dotted key.
const maxDepth = 100

type parser struct {
	s      string
	i      int
	line   int
	depth  int
	root   *Table
	arrays map[*Table]map[string]bool // keys that headers in double brackets made
}

// Parse reads a whole TOML document. Errors are of type [*Error] and don't
// quote values.
func Parse(s string) (*Table, error) {
	p := &parser{s: strings.TrimPrefix(s, "\ufeff"), line: 1, root: &Table{Line: 1, kind: header}, arrays: map[*Table]map[string]bool{}}
	if !utf8.ValidString(s) {
		return nil, p.fail("not valid UTF-8")
	}
	table := p.root
	for p.skipLines(); p.i < len(p.s); p.skipLines() {
		var err error
		if p.s[p.i] == '[' {
			table, err = p.header()
		} else {
			err = p.keyValue(table)
		}
		if err == nil {
			err = p.endOfLine()
		}
		if err != nil {
			return nil, err
		}
	}
	return p.root, nil
}

func (p *parser) fail(msg string) error { return &Error{Line: p.line, Msg: msg} }

func (p *parser) skip(token string) bool {
	if strings.HasPrefix(p.s[p.i:], token) {
		p.i += len(token)
		return true
	}
	return false
}

func (p *parser) blanks() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\t') {
		p.i++
	}
}

// newline skips one line end, and a comment before it.
func (p *parser) newline() bool {
	if p.i < len(p.s) && p.s[p.i] == '#' {
		end := p.i
		for end < len(p.s) && !isControl(p.s[end]) {
			end++
		}
		p.i = end
	}
	if p.skip("\n") || p.skip("\r\n") {
		p.line++
		return true
	}
	return false
}

// skipLines skips blanks, comments and line ends.
func (p *parser) skipLines() {
	for p.blanks(); p.newline(); p.blanks() {
	}
}

func (p *parser) endOfLine() error {
	p.blanks()
	if p.newline() || p.i == len(p.s) {
		return nil
	}
	return p.fail("expected the end of the line")
}

// isControl reports control characters that TOML forbids, line ends included.
func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }

// header reads "[a.b]" or "[[a.b]]" and returns the table that it opens.
func (p *parser) header() (*Table, error) {
	p.i++
	array := p.skip("[")
	line := p.line
	keys, err := p.keys()
	if err != nil {
		return nil, err
	}
	closing := "]"
	if array {
		closing = "]]"
	}
	if !p.skip(closing) {
		return nil, p.fail("want " + closing)
	}
	parent, err := p.descend(keys[:len(keys)-1], line)
	if err != nil {
		return nil, err
	}
	last := keys[len(keys)-1]
	if array {
		return p.appendTable(parent, last, line)
	}
	switch old := parent.Get(last).(type) {
	case nil:
		t := &Table{Line: line, kind: header}
		return t, parent.set(last, t)
	case *Table:
		if old.kind == implicit {
			old.kind, old.Line = header, line
			return old, nil
		}
	}
	return nil, p.fail("duplicate table")
}

// descend follows the leading keys of a header, into the newest element of
// arrays, and makes what is missing.
func (p *parser) descend(keys []string, line int) (*Table, error) {
	t := p.root
	for _, key := range keys {
		switch v := t.Get(key).(type) {
		case nil:
			next := &Table{Line: line}
			if err := t.set(key, next); err != nil {
				return nil, p.fail(err.Error())
			}
			t = next
		case *Table:
			if v.kind == inline {
				return nil, p.fail("an inline table can't be extended")
			}
			t = v
		case Array:
			if !p.arrays[t][key] {
				return nil, p.fail("an array can't be extended")
			}
			t, _ = v[len(v)-1].(*Table)
		default:
			return nil, p.fail("a value that is not a table can't be extended")
		}
	}
	return t, nil
}

func (p *parser) appendTable(parent *Table, key string, line int) (*Table, error) {
	t := &Table{Line: line, kind: header}
	old := parent.Get(key)
	if old == nil {
		if p.arrays[parent] == nil {
			p.arrays[parent] = map[string]bool{}
		}
		p.arrays[parent][key] = true
		return t, parent.set(key, Array{t})
	}
	list, ok := old.(Array)
	if !ok || !p.arrays[parent][key] {
		return nil, p.fail("duplicate key")
	}
	parent.values[key] = append(list, t)
	return t, nil
}

// keyValue reads "a.b = value" into t.
func (p *parser) keyValue(t *Table) error {
	line := p.line
	keys, err := p.keys()
	if err != nil {
		return err
	}
	if !p.skip("=") {
		return p.fail("want =")
	}
	for _, key := range keys[:len(keys)-1] {
		switch v := t.Get(key).(type) {
		case nil:
			next := &Table{Line: line, kind: dotted}
			if err := t.set(key, next); err != nil {
				return p.fail(err.Error())
			}
			t = next
		case *Table:
			if v.kind != dotted {
				return p.fail("table is defined elsewhere")
			}
			t = v
		default:
			return p.fail("duplicate key")
		}
	}
	p.blanks()
	v, err := p.value()
	if err != nil {
		return err
	}
	if err := t.set(keys[len(keys)-1], v); err != nil {
		return &Error{Line: line, Msg: err.Error()}
	}
	return nil
}
