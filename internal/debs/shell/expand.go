package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// seg is a part of a word: what was quoted is neither split nor a pattern.
type seg struct {
	text   string
	quoted bool
}

// quoting says where a part of a word stands.
type quoting int

const (
	bare quoting = iota
	inQuotes
	inHeredoc
)

// builder makes fields of words (POSIX, XCU 2.6).
type builder struct {
	s     *state
	split bool // unquoted expansions are split into fields
	done  [][]seg
	cur   []seg
	open  bool // there is a field, even if it is empty
}

// words expands words into fields, patterns into the paths that they match.
func (s *state) words(list []*syntax.Word) []string {
	var out []string
	for _, w := range list {
		for _, w := range s.braces(w) {
			b := &builder{s: s, split: true}
			b.parts(w.Parts, bare)
			b.end()
			for _, f := range b.done {
				out = s.globbed(out, f)
			}
			s.spend(len(out))
		}
	}
	return out
}

// word expands a word to one string, without splitting it.
func (s *state) word(w *syntax.Word) string {
	if w == nil {
		return ""
	}
	b := &builder{s: s}
	b.parts(w.Parts, bare)
	return b.text()
}

// pattern expands a word to a pattern, in which what was quoted is escaped.
func (s *state) pattern(w *syntax.Word) string {
	if w == nil {
		return ""
	}
	b := &builder{s: s}
	b.parts(w.Parts, bare)
	b.end()
	if len(b.done) == 0 {
		return ""
	}
	return escaped(b.done[0])
}

func escaped(f []seg) string {
	var b strings.Builder
	for _, g := range f {
		if !g.quoted {
			b.WriteString(g.text)
			continue
		}
		for i := range len(g.text) {
			if strings.IndexByte(`\*?[]!-^`, g.text[i]) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(g.text[i])
		}
	}
	return b.String()
}

func (b *builder) text() string {
	b.end()
	var out strings.Builder
	for i, f := range b.done {
		if i > 0 {
			out.WriteByte(' ')
		}
		for _, g := range f {
			out.WriteString(g.text)
		}
	}
	return b.s.checked(out.String())
}

// checked ends the script if a string is larger than what may be held.
func (s *state) checked(text string) string {
	s.spend(len(text))
	s.hold(len(text))
	s.hold(-len(text))
	return text
}

func (b *builder) add(text string, quoted bool) {
	b.s.spend(len(text))
	b.s.hold(len(text)) // given back by end
	b.cur = append(b.cur, seg{text, quoted})
	b.open = true
}

// end ends the field.
func (b *builder) end() {
	for _, g := range b.cur {
		b.s.hold(-len(g.text))
	}
	if b.open {
		b.done = append(b.done, b.cur)
		b.s.checkFields(b.done)
	}
	b.cur, b.open = nil, false
}

func (s *state) checkFields(list [][]seg) {
	if n := int64(len(list)) * 4 * perField; n > s.limits.Memory {
		s.hold(int(n))
	}
}

func (b *builder) parts(parts []syntax.WordPart, q quoting) {
	b.s.enter()
	defer b.s.leave()
	for i, p := range parts {
		b.part(p, q, i == 0)
	}
}

func (b *builder) part(p syntax.WordPart, q quoting, first bool) {
	switch p := p.(type) {
	case *syntax.Lit:
		b.lit(p.Value, q, first)
	case *syntax.SglQuoted:
		if p.Dollar {
			b.add(unescape(p.Value, false), true)
			return
		}
		if q != bare { // in a word within quotes: "${x:-'y'}"
			b.add("'"+p.Value+"'", true)
			return
		}
		b.add(p.Value, true)
	case *syntax.DblQuoted:
		if !onlyParams(p.Parts) {
			b.open = true
		}
		b.parts(p.Parts, inQuotes)
	case *syntax.ParamExp:
		b.param(p, q)
	case *syntax.CmdSubst:
		b.expansion(b.s.substitute(p), q)
	case *syntax.ArithmExp:
		b.expansion(b.s.number(p.X), q)
	case *syntax.ExtGlob:
		unsupported("an extended pattern")
	default:
		unsupported("a process substitution")
	}
}

// onlyParams reports whether quotes hold nothing but $@, which may be no field
// at all.
func onlyParams(parts []syntax.WordPart) bool {
	if len(parts) != 1 {
		return false
	}
	p, ok := parts[0].(*syntax.ParamExp)
	return ok && p.Param != nil && p.Exp == nil && !p.Length &&
		(p.Param.Value == "@" || p.Index != nil && isAt(p.Index))
}

// lit adds text of the script itself, in which a backslash quotes.
func (b *builder) lit(text string, q quoting, first bool) {
	if q == bare && first && strings.HasPrefix(text, "~") {
		text = b.tilde(text)
	}
	for text != "" {
		i := strings.IndexByte(text, '\\')
		if i < 0 {
			b.add(text, q != bare)
			return
		}
		if i > 0 {
			b.add(text[:i], q != bare)
		}
		if i+1 >= len(text) {
			b.add(`\`, true)
			return
		}
		next := text[i+1]
		text = text[i+2:]
		special := q == bare || next == '$' || next == '`' || next == '\\' || next == '"' && q == inQuotes
		switch {
		case next == '\n' && (special || q != bare):
		case special:
			b.add(string(next), true)
		default:
			b.add(`\`+string(next), true)
		}
	}
}

// tilde adds a home directory, and returns what is left.
func (b *builder) tilde(text string) string {
	user, _, _ := strings.Cut(text[1:], "/")
	rest := text[1+len(user):]
	if user == "" {
		home, _ := b.s.get("HOME")
		b.add(home, true)
		return rest
	}
	passwd, err := b.s.Root.ReadFile("/etc/passwd", 1<<20)
	if err != nil {
		return text
	}
	for line := range strings.Lines(string(passwd)) {
		if f := strings.Split(line, ":"); len(f) == 7 && f[0] == user {
			b.add(f[5], true)
			return rest
		}
	}
	return text
}

// expansion adds what a parameter, command or sum gave.
func (b *builder) expansion(value string, q quoting) {
	if q != bare {
		b.add(value, true)
		return
	}
	if !b.split {
		b.add(value, false)
		return
	}
	ifs, set := b.s.get("IFS")
	if !set {
		ifs = " \t\n"
	}
	b.s.spend(len(value))
	blanks := blanksOf(ifs)
	for value != "" {
		i := strings.IndexAny(value, ifs)
		if i < 0 {
			b.add(value, false)
			return
		}
		if i > 0 {
			b.add(value[:i], false)
		}
		// Blanks around another separator belong to it.
		value = strings.TrimLeft(value[i:], blanks)
		if value != "" && strings.IndexByte(ifs, value[0]) >= 0 {
			value = strings.TrimLeft(value[1:], blanks)
			b.open = true
		}
		b.end()
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

func blanksOf(ifs string) string {
	var b strings.Builder
	for i := range len(ifs) {
		if isBlank(ifs[i]) {
			b.WriteByte(ifs[i])
		}
	}
	return b.String()
}

// substitute runs a command and returns what it printed.
func (s *state) substitute(c *syntax.CmdSubst) string {
	if c.TempFile || c.ReplyVar {
		unsupported("a command substitution of another shell")
	}
	// $(<file) reads the file.
	if len(c.Stmts) == 1 && c.Stmts[0].Cmd == nil && len(c.Stmts[0].Redirs) == 1 && c.Stmts[0].Redirs[0].Op == syntax.RdrIn && s.bash {
		data, err := s.Root.ReadFile(s.abs(s.word(c.Stmts[0].Redirs[0].Word)), 1<<20)
		s.substituted = truth(err == nil)
		return strings.TrimRight(string(data), "\n")
	}
	out, status := &capture{m: s.meter}, s.status
	s.subshell(func(sub *state) {
		sub.fds[1] = stream{w: out}
		sub.stmts(c.Stmts)
	})
	s.substituted, s.status = s.status, status
	return strings.TrimRight(strings.ReplaceAll(out.buf.String(), "\x00", ""), "\n")
}

// braces expands {a,b}, which bash has and dash hasn't.
func (s *state) braces(w *syntax.Word) []*syntax.Word {
	if !s.bash {
		return []*syntax.Word{w}
	}
	split := &syntax.Word{Parts: w.Parts}
	syntax.SplitBraces(split)
	for i, p := range split.Parts {
		br, ok := p.(*syntax.BraceExp)
		if !ok {
			continue
		}
		if br.Sequence {
			unsupported("a sequence in braces")
		}
		var out []*syntax.Word
		for _, e := range br.Elems {
			parts := append(append(append([]syntax.WordPart(nil), split.Parts[:i]...), e.Parts...), split.Parts[i+1:]...)
			out = append(out, s.braces(&syntax.Word{Parts: parts})...)
			s.spend(perCommand * len(out))
		}
		return out
	}
	return []*syntax.Word{w}
}
