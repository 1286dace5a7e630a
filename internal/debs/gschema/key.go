package gschema

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/ghash"
)

// key is a key of a schema, or a child of it.
type key struct {
	typ   string
	child string // the schema of a child; the rest is empty then
	text  string // of the default, as it is written
	// l10n is 'm' or 't' where the default is translated, by the messages' or the
	// time's locale; context goes before what is looked up.
	l10n     byte
	context  string
	def      value
	choices  strinfo
	kind     byte // of the choices: 'c', 'e'(num) or 'f'(lags)
	min, max *value
	desktops []override // by desktop, in order
}

// override is a default for a desktop.
type override struct {
	desktop string
	value   value
}

// limits are the least and the greatest number of each type.
var limits = map[string][2]uint64{
	"y": {0, 255}, "n": {1 << 15, 1<<15 - 1}, "q": {0, 1<<16 - 1}, "i": {1 << 31, 1<<31 - 1}, "u": {0, 1<<32 - 1}, "h": {1 << 31, 1<<31 - 1},
	"x": {1 << 63, 1<<63 - 1}, "t": {0, 1<<64 - 1}, "d": {math.Float64bits(math.Inf(-1)), math.Float64bits(math.Inf(1))},
}

func (k *key) setRange(low, high string) error {
	l, ok := limits[k.typ]
	if !ok {
		return fmt.Errorf("a range makes no sense for the type %q", k.typ)
	}
	least, most := num(k.typ, l[0]), num(k.typ, l[1])
	for _, end := range []struct {
		text string
		to   *value
	}{{low, &least}, {high, &most}} {
		if end.text == "" {
			continue
		}
		v, err := parseValue(end.text, k.typ)
		if err != nil {
			return err
		}
		*end.to = v
	}
	k.min, k.max = &least, &most
	return nil
}

// finish reads the default once the whole key is known.
func (k *key) finish() error {
	if k.child != "" {
		return nil
	}
	if k.typ == "" {
		return errors.New("a key has neither a type nor an enum")
	}
	var err error
	k.def, err = parseValue(k.text, k.typ)
	return err
}

// clone is the key as a schema has it that extends another one: another default
// is to come.
func (k *key) clone() *key {
	return &key{typ: k.typ, choices: k.choices, kind: k.kind, min: k.min, max: k.max}
}

// value is the key as the file has it.
func (k *key) value() value {
	if k.child != "" {
		return str(k.child)
	}
	parts := []value{k.def}
	if k.l10n != 0 {
		text := strings.Trim(k.text, " \t\n\v\f\r")
		if k.context != "" {
			text = k.context + "\x04" + text
		}
		parts = append(parts, tuple(num("y", 'l'), tuple(num("y", uint64(k.l10n)), str(text))))
	}
	if len(k.choices) > 0 {
		parts = append(parts, tuple(num("y", uint64(k.kind)), k.choices.value()))
	}
	if k.min != nil {
		parts = append(parts, tuple(num("y", 'r'), tuple(*k.min, *k.max)))
	}
	if len(k.desktops) > 0 {
		parts = append(parts, tuple(num("y", 'd'), k.perDesktop()))
	}
	return tuple(parts...)
}

func (k *key) perDesktop() value {
	order, by := ghash.New(), map[string]value{}
	for _, o := range k.desktops {
		order.Add(o.desktop)
		by[o.desktop] = o.value
	}
	v := value{typ: "a{sv}"}
	for _, name := range order.Keys() {
		v.parts = append(v.parts, value{typ: "{sv}", parts: []value{str(name), variant(by[name])}})
	}
	return v
}
