package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder fills a Config from a YAML tree. It goes on after a mistake, and
// remembers where each field stands.
type decoder struct {
	c        *Config
	anchors  map[string]ast.Node
	open     map[string]bool // aliases being merged
	nodes    int
	problems []*Problem
	bad      map[string]bool   // fields that have a problem already
	expanded map[ast.Node]bool // values that had variables
	unset    map[ast.Node]bool // values that have variables which aren't set
}

func newDecoder(c *Config, body ast.Node) *decoder {
	d := &decoder{c: c, anchors: map[string]ast.Node{}, open: map[string]bool{}, bad: map[string]bool{}, expanded: map[ast.Node]bool{}, unset: map[ast.Node]bool{}}
	if body != nil {
		ast.Walk(d, body)
	}
	return d
}

// Visit collects the anchors.
func (d *decoder) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok && a.Name != nil {
		d.anchors[a.Name.GetToken().Value] = a.Value
	}
	return d
}

func (d *decoder) decode(body ast.Node) {
	if body == nil {
		return
	}
	d.value("", body, reflect.ValueOf(d.c).Elem())
}

// add notes a problem at a token.
func (d *decoder) add(at *token.Token, path, format string, args ...any) {
	o := place(at)
	d.bad[path] = true
	d.problems = append(d.problems, &Problem{
		File: d.c.File, Line: o.line, Column: o.column,
		Field: path, What: fmt.Sprintf(format, args...),
	})
}

// failed reports whether the field of p, or one around it, couldn't be read.
func (d *decoder) failed(p *Problem) bool {
	for path := p.Field; path != ""; path = parent(path) {
		if d.bad[path] {
			return true
		}
	}
	return d.bad[""]
}

// mark remembers where the field at path was given.
func (d *decoder) mark(path string, at *token.Token) {
	if path != "" {
		d.c.origins[path] = place(at)
	}
}

// value decodes n into v. The path is "" for the whole config.
func (d *decoder) value(path string, n ast.Node, v reflect.Value) {
	if !d.count(tokenOf(n)) {
		return
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		d.value(path, n.Value, v)
		return
	case *ast.AliasNode:
		d.alias(path, n, v)
		return
	case *ast.TagNode:
		d.add(n.Start, path, "YAML tags such as %s are not supported", n.Start.Value)
		return
	}
	d.mark(path, tokenOf(n))
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		d.value(path, n, p.Elem())
		v.Set(p)
		return
	}
	switch {
	case isScalar(v.Type()):
		d.scalar(path, n, v)
	case v.Kind() == reflect.Struct:
		d.structure(path, n, v)
	case v.Kind() == reflect.Slice:
		d.list(path, n, v)
	default:
		d.stringMap(path, n, v)
	}
}

// count counts a value, and reports whether one more is allowed.
func (d *decoder) count(at *token.Token) bool {
	d.nodes++
	if d.nodes == maxNodes+1 {
		d.add(at, "", "the config has more than %d values, with aliases expanded", maxNodes)
	}
	return d.nodes <= maxNodes
}

// alias decodes what the alias stands for; problems in there are placed there.
// No field's type holds itself, so that an alias of what it is in ends as a
// value of the wrong type.
func (d *decoder) alias(path string, n *ast.AliasNode, v reflect.Value) {
	name := n.Value.GetToken().Value
	target, ok := d.anchors[name]
	if !ok {
		d.add(n.Start, path, "*%s is undefined; the file has no &%s", name, name)
		return
	}
	d.value(path, target, v)
}

// structure decodes a mapping of known fields.
func (d *decoder) structure(path string, n ast.Node, v reflect.Value) {
	if isNull(n) || d.text(n, v) || d.packages(path, n, v) {
		return
	}
	m, ok := n.(ast.MapNode)
	if !ok {
		d.add(tokenOf(n), path, "is %s; it should be a mapping%s", describe(n), mappingHint(v.Type()))
		return
	}
	fields := fieldsOf(v.Type())
	for _, e := range d.entries(path, m) {
		i, ok := fields[e.key]
		if !ok {
			d.add(e.at, join(path, e.key), "no such field%s", didYouMean(e.key, fields))
			continue
		}
		d.value(join(path, e.key), e.value, v.Field(i))
	}
}

// mappingHint names the fields that a structure has.
func mappingHint(t reflect.Type) string {
	var names []string
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "-" && name != "" {
			names = append(names, name)
		}
	}
	if t == reflect.TypeFor[Config]() {
		return " of fields"
	}
	return " with " + strings.Join(names, ", ")
}

// list decodes a sequence. For base and mirrors, a single string stands for a list of one.
func (d *decoder) list(path string, n ast.Node, v reflect.Value) {
	if isNull(n) {
		return
	}
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.notList(path, n, v)
		return
	}
	out := reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values))
	for i, e := range s.Values {
		d.value(fmt.Sprintf("%s[%d]", path, i), e, out.Index(i))
	}
	v.Set(out)
}

func (d *decoder) notList(path string, n ast.Node, v reflect.Value) {
	_, isText := textOf(n)
	switch {
	case (path == "base" || strings.HasPrefix(path, "mirrors.")) && isText:
		out := reflect.MakeSlice(v.Type(), 1, 1)
		d.scalar(path+"[0]", n, out.Index(0))
		v.Set(out)
	case v.Type() == typeCommand:
		d.command(path, n, v)
	default:
		d.add(tokenOf(n), path, "is %s; it should be a list", describe(n))
	}
}

// stringMap decodes a mapping with keys of any name.
func (d *decoder) stringMap(path string, n ast.Node, v reflect.Value) {
	if isNull(n) {
		return
	}
	m, ok := n.(ast.MapNode)
	if !ok {
		d.add(tokenOf(n), path, "is %s; it should be a mapping", describe(n))
		return
	}
	out := reflect.MakeMap(v.Type())
	for _, e := range d.entries(path, m) {
		val := reflect.New(v.Type().Elem()).Elem()
		d.value(join(path, e.key), e.value, val)
		d.mark(join(path, e.key), e.at) // its name is what may be wrong with it
		out.SetMapIndex(reflect.ValueOf(e.key), val)
	}
	v.Set(out)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
