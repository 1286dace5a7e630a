package config

import (
	"reflect"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// entry is one key and value of a mapping.
type entry struct {
	key   string
	at    *token.Token
	value ast.Node
}

// entries returns a mapping's entries in order, with what its merge keys (<<)
// bring at the end; keys that occur twice are problems.
func (d *decoder) entries(path string, m ast.MapNode) []entry {
	var own, merged []entry
	first := map[string]*token.Token{}
	for it := m.MapRange(); it.Next(); {
		if it.Key().IsMergeKey() {
			merged = append(merged, d.merged(path, it.Value())...)
			continue
		}
		key, at, ok := keyOf(it.Key())
		if !d.count(at) {
			break
		}
		if !ok {
			d.add(at, path, "a key is not a plain string")
			continue
		}
		if t := first[key]; t != nil {
			d.add(at, join(path, key), "listed twice, first on line %d", t.Position.Line)
			continue
		}
		first[key] = at
		own = append(own, entry{key: key, at: at, value: it.Value()})
	}
	for _, e := range merged {
		if first[e.key] == nil {
			first[e.key] = e.at
			own = append(own, e)
		}
	}
	return own
}

// merged returns the entries that a merge key brings.
func (d *decoder) merged(path string, n ast.Node) []entry {
	if !d.count(tokenOf(n)) {
		return nil
	}
	switch n := n.(type) {
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		target, ok := d.anchors[name]
		if !ok || d.open[name] {
			d.add(n.Start, path, "*%s is undefined and can't be merged", name)
			return nil
		}
		d.open[name] = true
		defer delete(d.open, name)
		return d.merged(path, target)
	case *ast.AnchorNode:
		return d.merged(path, n.Value)
	case *ast.SequenceNode:
		var all []entry
		for _, v := range n.Values {
			all = append(all, d.merged(path, v)...)
		}
		return all
	case ast.MapNode:
		return d.entries(path, n)
	}
	d.add(tokenOf(n), path, "<< is %s; it should be an alias of a mapping", describe(n))
	return nil
}

// keyOf returns a key's text and place; false where it isn't plain.
func keyOf(k ast.MapKeyNode) (string, *token.Token, bool) {
	var n ast.Node = k
	if mk, ok := k.(*ast.MappingKeyNode); ok {
		n = mk.Value
	}
	if n == nil {
		return "", k.GetToken(), false
	}
	text, ok := textOf(n)
	if !ok {
		switch n.(type) {
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
			text, ok = n.GetToken().Value, true
		}
	}
	return text, n.GetToken(), ok
}

// textOf returns the text of a string, however it is quoted.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return n.Value.Value, true
	}
	return "", false
}

func isNull(n ast.Node) bool {
	_, ok := n.(*ast.NullNode)
	return ok || n == nil
}

// tokenOf returns the token where a person would say that n begins.
func tokenOf(n ast.Node) *token.Token {
	switch n := n.(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
		return n.Start
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

// describe says what kind of value n is, in a user's words.
func describe(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "empty"
	case *ast.StringNode, *ast.LiteralNode:
		return "a string"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "a boolean"
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "a mapping"
	}
	return "something else"
}

// fieldsOf returns the fields of a structure by their YAML names.
func fieldsOf(t reflect.Type) map[string]int {
	fields := map[string]int{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			fields[name] = i
		}
	}
	return fields
}
