package gschema

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/ghash"
)

// schema is one schema, with its keys and children.
type schema struct {
	id, path, domain, extends, listOf string
	keys                              map[string]*key
	order                             *ghash.Table
}

// enum is a list of names for numbers.
type enum struct {
	info strinfo
	kind byte // 'e' or 'f'
}

// library is what the files read so far have.
type library struct {
	schemas map[string]*schema
	order   *ghash.Table
	enums   map[string]*enum
}

// reader reads one file. What it finds counts once the file is read whole.
type reader struct {
	lib     *library
	dec     *xml.Decoder
	domain  string
	schemas map[string]*schema
	order   []*schema
	enums   map[string]*enum
}

func attr(e *xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// read reads a file of schemas.
func (l *library) read(in io.Reader) error {
	r := &reader{lib: l, dec: xml.NewDecoder(in), schemas: map[string]*schema{}, enums: map[string]*enum{}}
	r.dec.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("it is not in UTF-8") }
	if err := r.file(); err != nil {
		return err
	}
	for _, s := range r.order {
		l.schemas[s.id] = s
		l.order.Add(s.id)
	}
	for id, e := range r.enums {
		l.enums[id] = e
	}
	return nil
}

// children calls f for each element in the one that was just begun, up to its
// end, and returns the text in it. f must read its element to the end.
func (r *reader) children(f func(*xml.StartElement) error) (string, error) {
	var text strings.Builder
	for {
		t, err := r.dec.Token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			return text.String(), nil
		case xml.StartElement:
			if f == nil {
				return "", fmt.Errorf("the element <%s> is out of place", t.Name.Local)
			}
			if err := f(&t); err != nil {
				return "", err
			}
		}
	}
}

func (r *reader) file() error {
	for {
		t, err := r.dec.Token()
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if e.Name.Local != "schemalist" {
				return fmt.Errorf("it has <%s> where <schemalist> should be", e.Name.Local)
			}
			r.domain = attr(&e, "gettext-domain")
			_, err := r.children(r.top)
			return err
		}
	}
}

func (r *reader) top(e *xml.StartElement) error {
	switch e.Name.Local {
	case "schema":
		return r.schema(e)
	case "enum", "flags":
		return r.enum(e)
	}
	return fmt.Errorf("the element <%s> is not known", e.Name.Local)
}

func (r *reader) enum(e *xml.StartElement) error {
	id := attr(e, "id")
	list := &enum{kind: e.Name.Local[0]}
	_, err := r.children(func(v *xml.StartElement) error {
		n, err := strconv.ParseInt(attr(v, "value"), 0, 64)
		if err != nil || n < -1<<31 || n > 1<<32-1 || !list.info.add(attr(v, "nick"), uint32(n)) {
			return fmt.Errorf("the enum %q has a value that is no number, or a name that is too long", id)
		}
		return r.dec.Skip()
	})
	if err == nil && (r.findEnum(id) != nil || len(list.info) == 0) {
		err = fmt.Errorf("the enum %q is there twice, or empty", id)
	}
	r.enums[id] = list
	return err
}

func (r *reader) findEnum(id string) *enum {
	if e := r.enums[id]; e != nil {
		return e
	}
	return r.lib.enums[id]
}

func (r *reader) find(id string) *schema {
	if s := r.schemas[id]; s != nil {
		return s
	}
	return r.lib.schemas[id]
}

func (r *reader) schema(e *xml.StartElement) error {
	s := &schema{
		id: attr(e, "id"), path: attr(e, "path"), domain: attr(e, "gettext-domain"), extends: attr(e, "extends"), listOf: attr(e, "list-of"),
		keys: map[string]*key{}, order: ghash.New(),
	}
	if s.id == "" || r.find(s.id) != nil {
		return fmt.Errorf("the schema %q has no name, or is there twice", s.id)
	}
	if s.domain == "" {
		s.domain = r.domain
	}
	if s.extends != "" && r.find(s.extends) == nil || s.listOf != "" && r.find(s.listOf) == nil {
		return fmt.Errorf("the schema %q builds on one that isn't there", s.id)
	}
	if _, err := r.children(func(e *xml.StartElement) error { return r.member(s, e) }); err != nil {
		return err
	}
	r.schemas[s.id] = s
	r.order = append(r.order, s)
	return nil
}

// member reads a key, a child or an override of a schema.
func (r *reader) member(s *schema, e *xml.StartElement) error {
	name := attr(e, "name")
	k := &key{}
	switch e.Name.Local {
	case "child":
		name, k.child = name+"/", attr(e, "schema")
		if k.child == "" {
			return fmt.Errorf("the child %q of the schema %q has no schema", name, s.id)
		}
	case "key":
		k.typ = attr(e, "type")
		for _, a := range []string{"enum", "flags"} {
			if id := attr(e, a); id != "" {
				list := r.findEnum(id)
				if list == nil || list.kind != a[0] {
					return fmt.Errorf("there is no %s %q", a, id)
				}
				k.typ = map[string]string{"enum": "s", "flags": "as"}[a]
				k.choices, k.kind = append(strinfo{}, list.info...), list.kind
			}
		}
		if k.typ != "" && firstType(k.typ) != k.typ {
			return fmt.Errorf("the key %q has the type %q", name, k.typ)
		}
	case "override":
		k = r.inherited(s.extends, name)
		if k == nil {
			return fmt.Errorf("the schema %q overrides a key %q that isn't there", s.id, name)
		}
	default:
		return fmt.Errorf("the element <%s> is not known", e.Name.Local)
	}
	if name == "" || s.keys[name] != nil {
		return fmt.Errorf("a key of the schema %q has no name, or is there twice: %q", s.id, name)
	}
	if err := r.keyParts(k, e.Name.Local == "override"); err != nil {
		return fmt.Errorf("the key %q of the schema %q: %w", name, s.id, err)
	}
	s.keys[name] = k
	s.order.Add(name)
	return nil
}

// inherited finds a key in a schema or in what that extends.
func (r *reader) inherited(id, name string) *key {
	for n := 0; id != "" && n < maxDepth; n++ {
		s := r.find(id)
		if s == nil {
			return nil
		}
		if k := s.keys[name]; k != nil {
			return k.clone()
		}
		id = s.extends
	}
	return nil
}

// keyParts reads what is in a key. An override has its default as its text.
func (r *reader) keyParts(k *key, isOverride bool) error {
	text, err := r.children(func(e *xml.StartElement) error {
		switch e.Name.Local {
		case "default":
			k.translated(e)
			var err error
			k.text, err = r.children(nil)
			return err
		case "range":
			if err := k.setRange(attr(e, "min"), attr(e, "max")); err != nil {
				return err
			}
		case "choices", "aliases":
			if k.kind == 0 {
				k.kind = 'c'
			}
			_, err := r.children(func(e *xml.StartElement) error {
				ok := false
				if e.Name.Local == "choice" {
					ok = k.choices.add(attr(e, "value"), 0)
				} else {
					ok = k.choices.alias(attr(e, "value"), attr(e, "target"))
				}
				if !ok {
					return fmt.Errorf("the choice %q is too long, or stands for none", attr(e, "value"))
				}
				return r.dec.Skip()
			})
			return err
		case "summary", "description":
		default:
			return fmt.Errorf("the element <%s> is not known", e.Name.Local)
		}
		return r.dec.Skip()
	})
	if err != nil {
		return err
	}
	if isOverride {
		k.text = text
	}
	return k.finish()
}

func (k *key) translated(e *xml.StartElement) {
	if l := attr(e, "l10n"); l != "" {
		k.l10n = l[0]
		k.context = attr(e, "context")
	}
}
