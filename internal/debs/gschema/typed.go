package gschema

import (
	"fmt"
	"strings"
)

func (n *node) mismatch(typ string) error { return fmt.Errorf("it is no value of the type %q", typ) }

// infer returns the type of a value that nothing gives a type to.
func (n *node) infer() (string, error) {
	switch n.kind {
	case 's':
		return "s", nil
	case 'b':
		return "b", nil
	case 'y':
		return "ay", nil
	case 'v':
		return "v", nil
	case '@':
		return n.typ, nil
	case 'n':
		if !strings.HasPrefix(strings.ToLower(strings.TrimLeft(n.text, "+-")), "0x") && strings.ContainsAny(n.text, ".eEfFnN") {
			return "d", nil
		}
		return "i", nil
	}
	var types []string
	for i := range n.parts {
		t, err := n.parts[i].infer()
		if err != nil {
			return "", err
		}
		types = append(types, t)
	}
	switch {
	case n.kind == '(':
		return "(" + strings.Join(types, "") + ")", nil
	case len(types) == 0:
		return "", fmt.Errorf("its type can't be told")
	case n.kind == '{':
		return "a{" + types[0] + types[1] + "}", nil
	case n.kind == 'e':
		return "{" + types[0] + types[1] + "}", nil
	case n.kind == 'm':
		return "m" + types[0], nil
	}
	return "a" + types[0], nil
}

// as returns the value as one of a type.
func (n *node) as(typ string) (value, error) {
	if typ == "" {
		return value{}, n.mismatch(typ)
	}
	switch {
	case n.kind == '@':
		if n.typ != typ {
			return value{}, n.mismatch(typ)
		}
		return n.parts[0].as(typ)
	case typ[0] == 'm':
		return n.maybe(typ)
	}
	switch typ[0] {
	case 's', 'o', 'g':
		if n.kind != 's' || strings.IndexByte(n.text, 0) >= 0 {
			return value{}, n.mismatch(typ)
		}
		return value{typ: typ, text: n.text}, nil
	case 'b':
		if n.kind != 'b' {
			return value{}, n.mismatch(typ)
		}
		if n.text == "true" {
			return num(typ, 1), nil
		}
		return num(typ, 0), nil
	case 'v':
		if n.kind != 'v' {
			return value{}, n.mismatch(typ)
		}
		inner, err := n.parts[0].infer()
		if err != nil {
			return value{}, err
		}
		v, err := n.parts[0].as(inner)
		return variant(v), err
	case 'a', '(', '{':
		return n.container(typ)
	}
	return n.number(typ)
}

func (n *node) maybe(typ string) (value, error) {
	if n.kind == 'm' && len(n.parts) == 0 {
		return value{typ: typ}, nil
	}
	inner := n
	if n.kind == 'm' {
		inner = &n.parts[0]
	}
	v, err := inner.as(typ[1:])
	return value{typ: typ, parts: []value{v}}, err
}

func (n *node) number(typ string) (value, error) {
	if n.kind != 'n' {
		return value{}, n.mismatch(typ)
	}
	var bits uint64
	var err error
	if typ == "d" {
		bits, err = float(n.text)
	} else {
		bits, err = integer(n.text, 8*basic[typ[0]], strings.Contains("nixh", typ))
	}
	if err != nil {
		return value{}, n.mismatch(typ)
	}
	return num(typ, bits), nil
}

func (n *node) container(typ string) (value, error) {
	v := value{typ: typ}
	var types []string
	parts := n.parts
	switch {
	case n.kind == 'y' && typ == "ay":
		for i := range len(n.text) {
			v.parts = append(v.parts, num("y", uint64(n.text[i])))
		}
		v.parts = append(v.parts, num("y", 0))
		return v, nil
	case n.kind == '{' && strings.HasPrefix(typ, "a{"):
		for i := 0; i < len(parts); i += 2 {
			entry := node{kind: 'e', parts: parts[i : i+2]}
			e, err := entry.as(typ[1:])
			if err != nil {
				return v, err
			}
			v.parts = append(v.parts, e)
		}
		return v, nil
	case n.kind == 'a' && typ[0] == 'a':
		for range parts {
			types = append(types, typ[1:])
		}
	case n.kind == '(' && typ[0] == '(', n.kind == 'e' && typ[0] == '{':
		types = members(typ)
	default:
		return v, n.mismatch(typ)
	}
	if len(types) != len(parts) {
		return v, n.mismatch(typ)
	}
	for i := range parts {
		p, err := parts[i].as(types[i])
		if err != nil {
			return v, err
		}
		v.parts = append(v.parts, p)
	}
	return v, nil
}
