package shell

import (
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// get returns a variable's value, and whether it is set.
func (s *state) get(name string) (string, bool) {
	v := s.vars[name]
	if v.isList {
		if len(v.list) == 0 {
			return "", false
		}
		return v.list[0], true
	}
	return v.value, v.set
}

// set gives a variable a value. One that is read-only ends the script.
func (s *state) set(name, value string) {
	v := s.vars[name]
	if v.readonly {
		s.complain("%s: is read only", name)
		s.flow, s.status = exiting, 2
		return
	}
	s.hold(len(value) - len(v.value) - size(v.list))
	if !v.set {
		s.hold(len(name) + perField)
	}
	v.value, v.set, v.isList, v.list = value, true, false, nil
	s.vars[name] = v
	if name == "OPTIND" {
		s.optind = 0
	}
}

func (s *state) unset(name string) {
	if v := s.vars[name]; v.set {
		s.hold(-len(v.value) - size(v.list) - len(name) - perField)
	}
	delete(s.vars, name)
}

// restore makes a variable what it was.
func (s *state) restore(name string, v variable) {
	s.unset(name)
	if v.set {
		s.hold(len(v.value) + size(v.list) + len(name) + perField)
	}
	if v.set || v.exported || v.readonly {
		s.vars[name] = v
	}
}

// assign makes assignments that stand alone.
func (s *state) assign(list []*syntax.Assign) {
	for _, a := range list {
		s.assignOne(a)
	}
}

func (s *state) assignOne(a *syntax.Assign) {
	name := a.Name.Value
	switch {
	case a.Array != nil:
		s.assignList(a)
	case a.Index != nil:
		s.assignElem(a)
	case a.Append:
		old, _ := s.get(name)
		s.set(name, old+s.word(a.Value))
	default:
		s.set(name, s.word(a.Value))
	}
}

func (s *state) assignList(a *syntax.Assign) {
	var list []string
	if a.Append {
		list = s.vars[a.Name.Value].list
	}
	for _, e := range a.Array.Elems {
		if e.Index != nil {
			unsupported("an array's element by its key")
		}
		list = append(list[:len(list):len(list)], s.words([]*syntax.Word{e.Value})...)
	}
	v := s.vars[a.Name.Value]
	s.holdList(a.Name.Value, list, v)
	v.value, v.list, v.isList, v.set = "", list, true, true
	s.vars[a.Name.Value] = v
}

func (s *state) assignElem(a *syntax.Assign) {
	v := s.vars[a.Name.Value]
	i := s.arith(a.Index)
	if i < 0 || i > 1<<16 {
		unsupported(fmt.Sprintf("the index %d of an array", i))
	}
	list := append([]string(nil), v.list...)
	for int64(len(list)) <= i {
		list = append(list, "")
	}
	list[i] = s.word(a.Value)
	s.holdList(a.Name.Value, list, v)
	v.value, v.list, v.isList, v.set = "", list, true, true
	s.vars[a.Name.Value] = v
}

// holdList counts a list that takes the place of a variable.
func (s *state) holdList(name string, list []string, v variable) {
	s.hold(size(list) - size(v.list) - len(v.value))
	if !v.set {
		s.hold(len(name) + perField)
	}
}

// declare is local, export, readonly, declare and typeset.
func (s *state) declare(d *syntax.DeclClause) {
	s.status = 0
	variant := d.Variant.Value
	var opts string
	for _, a := range d.Args {
		switch {
		case a.Naked && a.Name == nil:
			for _, w := range s.words([]*syntax.Word{a.Value}) {
				if strings.HasPrefix(w, "-") {
					opts += w[1:]
					continue
				}
				name, value, ok := strings.Cut(w, "=")
				s.declareOne(variant, opts, name, ok, func() { s.set(name, value) })
			}
		case a.Naked:
			s.declareOne(variant, opts, a.Name.Value, false, nil)
		default:
			// The value is expanded first: local x=$x takes the outer one.
			value := ""
			if a.Array == nil && a.Index == nil {
				value = s.word(a.Value)
			}
			s.declareOne(variant, opts, a.Name.Value, true, func() {
				if a.Array != nil || a.Index != nil {
					s.assignOne(a)
					return
				}
				if a.Append {
					old, _ := s.get(a.Name.Value)
					value = old + value
				}
				s.set(a.Name.Value, value)
			})
		}
	}
}

func (s *state) declareOne(variant, opts, name string, given bool, assign func()) {
	if strings.ContainsAny(opts, "An") && variant != "export" {
		unsupported(variant + " -" + opts)
	}
	if !syntax.ValidName(name) {
		s.complain("%s: %s: bad variable name", variant, name)
		s.flow, s.status = exiting, 2
		return
	}
	local := variant == "local" || s.inFunc > 0 && (variant == "declare" || variant == "typeset") && !strings.Contains(opts, "g")
	if local && !s.makeLocal(name, given) {
		return
	}
	if given {
		assign()
	}
	v := s.vars[name]
	switch {
	case variant == "export" && strings.Contains(opts, "n"):
		v.exported = false
	case variant == "export", strings.Contains(opts, "x"):
		v.exported = true
	}
	if variant == "readonly" || strings.Contains(opts, "r") {
		v.readonly = true
	}
	s.vars[name] = v
}

// makeLocal keeps what a variable is until the function returns. In dash a
// local variable begins with the outer one's value, in bash unset.
func (s *state) makeLocal(name string, given bool) bool {
	if s.inFunc == 0 || len(s.locals) == 0 {
		s.complain("local: not in a function")
		s.flow, s.status = exiting, 2
		return false
	}
	frame := s.locals[len(s.locals)-1]
	if _, kept := frame[name]; !kept {
		frame[name] = s.vars[name]
		if s.bash && !given {
			delete(s.vars, name)
		}
	}
	return true
}

// special returns the value of $?, $#, $1 and their like.
func (s *state) special(name string) (string, bool) {
	switch name {
	case "?":
		return strconv.Itoa(s.status), true
	case "#":
		return strconv.Itoa(len(s.params)), true
	case "$":
		return "1000", true
	case "!":
		if s.lastPid == 0 {
			return "", false
		}
		return strconv.Itoa(s.lastPid), true
	case "0":
		return s.name, true
	case "-":
		return s.flags(), true
	case "LINENO":
		return "0", true
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n < 1 || n > len(s.params) {
			return "", false
		}
		return s.params[n-1], true
	}
	return s.get(name)
}

func (s *state) flags() string {
	var b strings.Builder
	for _, f := range []struct {
		on   bool
		name byte
	}{{s.errexit, 'e'}, {s.noglob, 'f'}, {s.nounset, 'u'}} {
		if f.on {
			b.WriteByte(f.name)
		}
	}
	return b.String()
}

// complain prints to the script's standard error.
func (s *state) complain(format string, args ...any) {
	fmt.Fprintf(s.fd(2).w, "%s: "+format+"\n", append([]any{s.name}, args...)...)
}
