package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

var (
	// varForm is a variable in a value: ${var:NAME}, or ${var:NAME:-TEXT} with what
	// stands there where it isn't set. After another dollar it is text.
	varForm = lazyregexp.New(`\$?\$\{var:([^}]*)\}`)
	varName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
)

// expansion puts variables into the values of a config, before it is decoded.
type expansion struct {
	d     *decoder
	given map[string]string // by flags
	vars  map[string]string // by the file
	used  map[string]bool
}

// expand puts the variables into body: those of the file's vars, and those given,
// which win. Variables that are given and mean nothing are problems.
func (d *decoder) expand(body ast.Node, given map[string]string) {
	x := &expansion{d: d, given: given, vars: map[string]string{}, used: map[string]bool{}}
	if m, ok := body.(ast.MapNode); ok {
		x.find(m)
	}
	x.walk(body, false)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, known := x.vars[name]; !known && !x.used[name] {
			d.problems = append(d.problems, &Problem{Field: "--set", What: fmt.Sprintf("the config has no ${var:%s}, nor %s in vars", name, name)})
		}
	}
}

// find reads the file's own variables. What is wrong with them is told when they
// are decoded.
func (x *expansion) find(m ast.MapNode) {
	for it := m.MapRange(); it.Next(); {
		if key, _, ok := keyOf(it.Key()); !ok || key != "vars" {
			continue
		}
		vars, ok := it.Value().(ast.MapNode)
		if !ok {
			return
		}
		for in := vars.MapRange(); in.Next(); {
			name, _, ok := keyOf(in.Key())
			if !ok || in.Value() == nil {
				continue
			}
			text, isText := textOf(in.Value())
			if !isText {
				text = in.Value().GetToken().Value
			}
			x.vars[name] = text
		}
		return
	}
}

// walk goes through the values, and not the keys.
func (x *expansion) walk(n ast.Node, isVars bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			x.walk(v, isVars)
		}
	case *ast.MappingValueNode:
		key, _, _ := keyOf(n.Key)
		x.walk(n.Value, isVars || key == "vars")
	case *ast.SequenceNode:
		for _, v := range n.Values {
			x.walk(v, isVars)
		}
	case *ast.AnchorNode:
		x.walk(n.Value, isVars)
	case *ast.StringNode:
		if !isVars {
			x.value(n, &n.Value)
		}
	case *ast.LiteralNode:
		if n.Value != nil && !isVars {
			x.value(n, &n.Value.Value)
		}
	}
}

// value puts the variables into one value.
func (x *expansion) value(n ast.Node, text *string) {
	if !strings.Contains(*text, "${var:") {
		return
	}
	*text = varForm.ReplaceAllStringFunc(*text, func(s string) string {
		if strings.HasPrefix(s, "$$") {
			return s
		}
		x.d.expanded[n] = true
		name, fallback, hasFallback := strings.Cut(s[len("${var:"):len(s)-1], ":-")
		x.used[name] = true
		if v, ok := x.given[name]; ok {
			return v
		}
		if v, ok := x.vars[name]; ok {
			return v
		}
		switch {
		case !varName.MatchString(name):
			x.problem(n, "%q is not a variable such as ${var:version}", s)
		case !hasFallback:
			x.problem(n, "%s isn't set; give it a value in vars, or by --set %s=VALUE", s, name)
		}
		return fallback
	})
}

// problem notes what is wrong with a variable. The value isn't judged any further.
func (x *expansion) problem(n ast.Node, format string, args ...any) {
	at := place(tokenOf(n))
	x.d.unset[n] = true
	x.d.problems = append(x.d.problems, &Problem{File: x.d.c.File, Line: at.line, Column: at.column, What: fmt.Sprintf(format, args...)})
}

// ParseVars reads variables as flags give them: NAME=VALUE each.
func ParseVars(values []string) (map[string]string, error) {
	vars := map[string]string{}
	for _, s := range values {
		name, value, ok := strings.Cut(s, "=")
		if !ok || !varName.MatchString(name) {
			return nil, &Problem{Field: "--set", What: fmt.Sprintf("%q is not NAME=VALUE", s)}
		}
		vars[name] = value
	}
	return vars, nil
}

// vars checks the variables' names.
func (k *checker) vars() {
	for _, name := range slices.Sorted(maps.Keys(k.c.Vars)) {
		if !varName.MatchString(name) {
			k.add("vars."+name, "%q is not a variable's name (letters, digits, _, . and -)", name)
		}
	}
}
