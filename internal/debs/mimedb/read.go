package mimedb

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/ghash"
)

const (
	namespace     = "http://www.freedesktop.org/standards/shared-mime-info"
	defaultWeight = 50
	maxDepth      = 32   // of matches in each other
	maxPattern    = 255  // bytes, as file names have
	maxFields     = 2000 // of a type in its own file
)

// glob is a pattern of file names.
type glob struct {
	typ, pattern string
	weight       int
	cased        bool // letters' case counts
	none         bool // earlier patterns of the type don't count
}

// lists are values by keys, in the order in which GLib has the keys.
type lists[T any] struct {
	order *ghash.Table
	by    map[string][]T
}

func newLists[T any]() lists[T] { return lists[T]{order: ghash.New(), by: map[string][]T{}} }

func (l *lists[T]) add(key string, v T) {
	l.order.Add(key)
	l.by[key] = append(l.by[key], v)
}

// set gives a key the one value v.
func (l *lists[T]) set(key string, v T) {
	l.order.Add(key)
	l.by[key] = []T{v}
}

// database is what the files read so far say.
type database struct {
	types        lists[*element] // what is known of a type, for its own file
	globs        lists[glob]     // by pattern
	magic        []magic
	trees        []treeMagic
	parents      lists[string] // of a type
	aliases      lists[string] // the type of an alias
	icons        lists[string]
	genericIcons lists[string]
	namespaces   lists[string] // the type by "URI localName"
}

func newDatabase() *database {
	return &database{
		types: newLists[*element](), globs: newLists[glob](), parents: newLists[string](), aliases: newLists[string](), icons: newLists[string](),
		genericIcons: newLists[string](), namespaces: newLists[string](),
	}
}

// element is an element of XML with what is in it.
type element struct {
	name     string
	attrs    []xml.Attr
	text     string
	children []*element
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// read reads a file. A type that isn't right is passed over.
func (d *database) read(in io.Reader) (problems []error) {
	dec := xml.NewDecoder(in)
	dec.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("it is not in UTF-8") }
	depth := 0
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) && depth == 0 {
			return problems
		}
		if err != nil {
			return append(problems, err)
		}
		switch t := t.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			if depth == 0 {
				if t.Name.Local != "mime-info" || t.Name.Space != namespace {
					return append(problems, fmt.Errorf("it has <%s> where <mime-info> should be", t.Name.Local))
				}
				depth++
				continue
			}
			e, err := readElement(dec, t, 0)
			if err != nil {
				return append(problems, err)
			}
			if err := d.mimeType(e); err != nil {
				problems = append(problems, err)
			}
		}
	}
}

func readElement(dec *xml.Decoder, start xml.StartElement, depth int) (*element, error) {
	if depth > maxDepth {
		return nil, errors.New("its elements lie too deep in each other")
	}
	e := &element{name: start.Name.Local, attrs: slices.Clone(start.Attr)}
	if start.Name.Space != namespace {
		e.name = "" // of another vocabulary
	}
	var text strings.Builder
	for {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			e.text = text.String()
			return e, nil
		case xml.StartElement:
			c, err := readElement(dec, t, depth+1)
			if err != nil {
				return nil, err
			}
			e.children = append(e.children, c)
		}
	}
}

func (d *database) mimeType(e *element) error {
	name := e.attr("type")
	media, sub, ok := strings.Cut(name, "/")
	if e.name != "mime-type" || !ok || media == "" || sub == "" || strings.ContainsAny(name, " \n:\x00") || strings.Contains(sub, "/") || media == ".." || sub == ".." {
		return fmt.Errorf("the type %q is none", name)
	}
	d.types.order.Add(name)
	for _, c := range e.children {
		keep, err := d.field(name, c)
		if err != nil {
			return fmt.Errorf("the type %q: %w", name, err)
		}
		if !keep {
			continue
		}
		if len(d.types.by[name]) >= maxFields {
			return fmt.Errorf("the type %q has more than %d fields", name, maxFields)
		}
		d.keep(name, c)
	}
	return nil
}

// keep adds an element to a type's own file, in the place of what earlier files
// say in the same language.
func (d *database) keep(typ string, e *element) {
	list := d.types.by[typ]
	if e.name == "comment" || e.name == "acronym" || e.name == "expanded-acronym" {
		list = slices.DeleteFunc(list, func(old *element) bool { return old.name == e.name && old.lang() == e.lang() })
	}
	d.types.by[typ] = append(list, e)
}

func (e *element) lang() string {
	for _, a := range e.attrs {
		if a.Name.Local == "lang" && a.Name.Space != "" {
			return a.Value
		}
	}
	return ""
}

// number reads an attribute that is one from 0 to 100.
func number(e *element, name string) (int, error) {
	text := e.attr(name)
	if text == "" {
		return defaultWeight, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 100 {
		return 0, fmt.Errorf("the attribute %s=%q is no number from 0 to 100", name, text)
	}
	return n, nil
}

// field takes what an element says of a type, and reports whether the type's own
// file has it.
func (d *database) field(typ string, e *element) (keep bool, err error) {
	switch e.name {
	case "glob":
		err = d.glob(typ, e)
		return true, err
	case "glob-deleteall":
		d.globs.add("__NOGLOBS__", glob{typ: typ, pattern: "__NOGLOBS__", none: true})
		return true, nil
	case "magic":
		return false, d.readMagic(typ, e)
	case "treemagic":
		return false, d.readTree(typ, e)
	case "magic-deleteall":
		none := match{length: 1, wordSize: 1, data: []byte("__NOMAGIC__")}
		d.magic = append(d.magic, magic{typ: typ, none: true, matches: []match{none}})
		return false, nil
	case "comment", "acronym", "expanded-acronym":
		return true, nil
	case "alias":
		d.aliases.set(e.attr("type"), typ)
	case "sub-class-of":
		d.parents.add(typ, e.attr("type"))
	case "icon":
		d.icons.set(typ, e.attr("name"))
	case "generic-icon":
		d.genericIcons.set(typ, e.attr("name"))
	case "root-XML":
		d.namespaces.set(e.attr("namespaceURI")+" "+e.attr("localName"), typ)
		return false, nil
	default: // of another vocabulary
		return false, nil
	}
	return true, nil
}

func (d *database) glob(typ string, e *element) error {
	g := glob{typ: typ, pattern: e.attr("pattern"), cased: e.attr("case-sensitive") == "true"}
	var err error
	if g.weight, err = number(e, "weight"); err != nil {
		return err
	}
	if g.pattern == "" || len(g.pattern) > maxPattern || strings.ContainsAny(g.pattern, "\n\x00") {
		return fmt.Errorf("the pattern %q is none", g.pattern)
	}
	if !g.cased {
		g.pattern = strings.ToLower(g.pattern)
	}
	d.globs.add(g.pattern, g)
	return nil
}
