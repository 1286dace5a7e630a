package toml

import "strings"

// multiline reads what stands between three quotes; the opening ones are read.
func (p *parser) multiline(quotes string, escaped bool) (string, error) {
	p.lineEnd()
	var b strings.Builder
	for p.i < len(p.s) {
		switch {
		case strings.HasPrefix(p.s[p.i:], quotes):
			// Up to two more quotes belong to the text.
			p.i += len(quotes)
			for n := 0; n < 2 && p.skip(quotes[:1]); n++ {
				b.WriteString(quotes[:1])
			}
			return b.String(), nil
		case escaped && p.s[p.i] == '\\':
			if p.continued() {
				continue
			}
			if err := p.escape(&b); err != nil {
				return "", err
			}
		case p.lineEnd():
			b.WriteByte('\n')
		case isControl(p.s[p.i]):
			return "", p.fail("control character in a string")
		default:
			b.WriteByte(p.s[p.i])
			p.i++
		}
	}
	return "", p.fail("expected closing quotes")
}

func (p *parser) lineEnd() bool {
	if p.skip("\n") || p.skip("\r\n") {
		p.line++
		return true
	}
	return false
}

// continued skips a backslash at the end of a line, and the white space up to
// the next text.
func (p *parser) continued() bool {
	start, line := p.i, p.line
	p.i++
	p.blanks()
	if !p.lineEnd() {
		p.i, p.line = start, line
		return false
	}
	for p.blanks(); p.lineEnd(); p.blanks() {
	}
	return true
}

func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return p.fail("nested too deeply")
	}
	p.i++ // the bracket
	return nil
}

func (p *parser) array() (Value, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	list := Array{}
	for {
		p.skipLines()
		if p.skip("]") {
			break
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		p.skipLines()
		if !p.skip(",") {
			if !p.skip("]") {
				return nil, p.fail("expected a comma or ]")
			}
			break
		}
	}
	p.depth--
	return list, nil
}

func (p *parser) inlineTable() (Value, error) {
	t := &Table{Line: p.line, kind: header}
	if err := p.enter(); err != nil {
		return nil, err
	}
	p.blanks()
	if !p.skip("}") {
		for {
			if err := p.keyValue(t); err != nil {
				return nil, err
			}
			p.blanks()
			if p.skip("}") {
				break
			}
			if !p.skip(",") {
				return nil, p.fail("expected a comma or }")
			}
		}
	}
	p.depth--
	seal(t)
	return t, nil
}

// seal keeps later keys and headers out of an inline table and of the tables
// that its dotted keys made.
func seal(t *Table) {
	t.kind = inline
	for _, v := range t.values {
		if sub, ok := v.(*Table); ok && sub.kind == dotted {
			seal(sub)
		}
	}
}
