package shell

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// param expands a parameter (POSIX, XCU 2.6.2, and bash's additions).
func (b *builder) param(p *syntax.ParamExp, q quoting) {
	s := b.s
	if p.Param == nil || p.Width || p.Flags != nil || p.IsSet || p.Names != 0 {
		unsupported("a parameter expansion of another shell")
	}
	name := p.Param.Value
	if list, ok := s.listOf(p, name); ok && p.Exp == nil && p.Repl == nil && !p.Length {
		if p.Slice != nil {
			list = s.sliceList(list, p.Slice)
		}
		b.list(list, name == "*" || p.Index != nil && isStar(p.Index), q)
		return
	}
	value, set := s.value(p, name)
	if p.Excl {
		value, set = s.special(value)
	}
	switch {
	case p.Length:
		if list, ok := s.listOf(p, name); ok {
			b.expansion(strconv.Itoa(len(list)), q)
			return
		}
		s.mustBeSet(name, set)
		b.expansion(strconv.Itoa(len(value)), q)
	case p.Slice != nil:
		b.expansion(s.slice(value, p.Slice), q)
	case p.Repl != nil:
		b.expansion(s.replace(value, p.Repl), q)
	case p.Exp != nil:
		b.operator(p, name, value, set, q)
	default:
		s.mustBeSet(name, set)
		b.expansion(value, q)
	}
}

func (s *state) mustBeSet(name string, set bool) {
	if !set && s.nounset && name != "@" && name != "*" {
		s.complain("%s: parameter not set", name)
		s.flow, s.status = exiting, 2
	}
}

// listOf returns the fields of $@, $*, ${a[@]} and ${a[*]}.
func (s *state) listOf(p *syntax.ParamExp, name string) ([]string, bool) {
	if name == "@" || name == "*" {
		return s.params, true
	}
	if p.Index == nil || !isAt(p.Index) && !isStar(p.Index) {
		return nil, false
	}
	v := s.vars[name]
	if !v.isList && v.set {
		return []string{v.value}, true
	}
	return v.list, true
}

func isAt(x syntax.ArithmExpr) bool   { return isLit(x, "@") }
func isStar(x syntax.ArithmExpr) bool { return isLit(x, "*") }

func isLit(x syntax.ArithmExpr, lit string) bool {
	w, ok := x.(*syntax.Word)
	return ok && w.Lit() == lit
}

func (s *state) value(p *syntax.ParamExp, name string) (string, bool) {
	if list, ok := s.listOf(p, name); ok {
		return strings.Join(list, " "), len(list) > 0
	}
	if p.Index == nil {
		return s.special(name)
	}
	v := s.vars[name]
	i := s.arith(p.Index)
	if !v.isList && i == 0 {
		return v.value, v.set
	}
	if i < 0 || i >= int64(len(v.list)) {
		return "", false
	}
	return v.list[i], true
}

// list adds the fields of $@ or $*.
func (b *builder) list(list []string, star bool, q quoting) {
	if q != bare && star || !b.split {
		sep := " "
		if ifs, set := b.s.get("IFS"); set && star {
			sep = ifs[:min(1, len(ifs))]
		}
		b.s.hold(size(list))
		b.s.hold(-size(list))
		b.expansion(strings.Join(list, sep), q)
		return
	}
	for i, p := range list {
		if i > 0 {
			b.end()
		}
		b.expansion(p, q)
	}
}

// operator is ${x:-word} and its like.
func (b *builder) operator(p *syntax.ParamExp, name, value string, set bool, q quoting) {
	s := b.s
	null := !set || value == ""
	switch op := p.Exp.Op; op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if set && op == syntax.AlternateUnset || !null && op == syntax.AlternateUnsetOrNull {
			b.operand(p.Exp.Word, q)
		}
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull:
		if !set || null && op == syntax.DefaultUnsetOrNull {
			b.operand(p.Exp.Word, q)
			return
		}
		b.again(p, name, value, q)
	case syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if !set || null && op == syntax.AssignUnsetOrNull {
			value = s.word(p.Exp.Word)
			s.set(name, value)
		}
		b.expansion(value, q)
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if !set || null && op == syntax.ErrorUnsetOrNull {
			s.complain("%s: %s", name, s.word(p.Exp.Word))
			s.flow, s.status = exiting, 2
			return
		}
		b.expansion(value, q)
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		s.mustBeSet(name, set)
		pattern := ""
		if p.Exp.Word != nil {
			pattern = s.pattern(p.Exp.Word)
		}
		b.expansion(s.strip(value, pattern, op), q)
	case syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
		b.expansion(letters(value, op), q)
	default:
		unsupported("the parameter expansion " + op.String())
	}
}

// again expands a parameter that is set: $@ keeps its fields.
func (b *builder) again(p *syntax.ParamExp, name, value string, q quoting) {
	if list, ok := b.s.listOf(p, name); ok {
		b.list(list, name == "*", q)
		return
	}
	b.expansion(value, q)
}

// operand adds the word of ${x:-word}, which keeps its own quotes.
func (b *builder) operand(w *syntax.Word, q quoting) {
	if w == nil {
		if q == inQuotes {
			b.add("", true)
		}
		return
	}
	if q != bare {
		b.parts(w.Parts, q)
		return
	}
	for i, p := range w.Parts {
		if l, ok := p.(*syntax.Lit); ok && b.split && strings.ContainsAny(l.Value, " \t\n") && !strings.Contains(l.Value, `\`) {
			b.expansion(l.Value, bare)
			continue
		}
		b.part(p, bare, i == 0)
	}
}

// strip removes the shortest or longest prefix or suffix that matches.
func (s *state) strip(value, pattern string, op syntax.ParExpOperator) string {
	n := len(value)
	for i := range n + 1 {
		switch op {
		case syntax.RemSmallPrefix:
			if s.match(pattern, value[:i]) {
				return value[i:]
			}
		case syntax.RemLargePrefix:
			if s.match(pattern, value[:n-i]) {
				return value[n-i:]
			}
		case syntax.RemSmallSuffix:
			if s.match(pattern, value[n-i:]) {
				return value[:n-i]
			}
		default:
			if s.match(pattern, value[i:]) {
				return value[:i]
			}
		}
	}
	return value
}

func letters(value string, op syntax.ParExpOperator) string {
	n := len(value)
	if op == syntax.UpperFirst || op == syntax.LowerFirst {
		n = min(n, 1)
	}
	if op == syntax.UpperFirst || op == syntax.UpperAll {
		return strings.ToUpper(value[:n]) + value[n:]
	}
	return strings.ToLower(value[:n]) + value[n:]
}

// replace is bash's ${x/pattern/with}.
func (s *state) replace(value string, r *syntax.Replace) string {
	pattern, with := s.pattern(r.Orig), ""
	if r.With != nil {
		with = s.word(r.With)
	}
	anchor := byte(0)
	if !r.All && pattern != "" && (pattern[0] == '#' || pattern[0] == '%') {
		anchor, pattern = pattern[0], pattern[1:]
	}
	var b strings.Builder
	for i := 0; i <= len(value); {
		n := -1
		for j := len(value); j >= i && (anchor != '#' || i == 0); j-- {
			if (j > i || pattern == "") && (anchor != '%' || j == len(value)) && s.match(pattern, value[i:j]) {
				n = j
				break
			}
		}
		if n < 0 || pattern == "" && anchor == 0 {
			if i < len(value) {
				b.WriteByte(value[i])
			}
			i++
			continue
		}
		b.WriteString(with)
		s.spend(len(with))
		if int64(b.Len()) > s.limits.Memory {
			s.hold(b.Len())
		}
		i = n
		if !r.All || n == len(value) {
			b.WriteString(value[n:])
			break
		}
	}
	return b.String()
}

func (s *state) bounds(n int, sl *syntax.Slice) (from, to int) {
	at := s.arith(sl.Offset)
	if at < 0 {
		at += int64(n)
	}
	from = int(min(max(at, 0), int64(n)))
	to = n
	if sl.Length != nil {
		l := s.arith(sl.Length)
		if l < 0 {
			to = int(max(int64(from), int64(n)+l))
		} else {
			to = int(min(int64(n), int64(from)+min(l, int64(n))))
		}
	}
	return from, to
}

func (s *state) slice(value string, sl *syntax.Slice) string {
	from, to := s.bounds(len(value), sl)
	return value[from:to]
}

func (s *state) sliceList(list []string, sl *syntax.Slice) []string {
	list = append([]string{s.name}, list...)
	from, to := s.bounds(len(list), sl)
	return list[from:to]
}
