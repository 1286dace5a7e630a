package gschema

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/ghash"
)

// File is a file of the directory with schemas.
type File struct {
	Name string
	Data []byte
}

// Compile returns gschemas.compiled of the files of a directory, of which those
// count that are called *.gschema.xml, *.enums.xml and *.gschema.override. As
// glib-compile-schemas does it passes over files that aren't right, and overrides of
// what isn't there; problems name them. Without any schema there is no data.
func Compile(files []File) (data []byte, problems []error) {
	lib := &library{schemas: map[string]*schema{}, order: ghash.New(), enums: map[string]*enum{}}
	for _, f := range inOrder(files) {
		if err := lib.read(bytes.NewReader(f.Data)); err != nil {
			problems = append(problems, fmt.Errorf("reading %q: %w", f.Name, err))
		}
	}
	for _, f := range byName(files, ".gschema.override") {
		problems = append(problems, lib.override(f)...)
	}
	if len(lib.schemas) == 0 {
		return nil, problems
	}
	return write(lib.database()), problems
}

func byName(files []File, suffix string) []File {
	list := slices.DeleteFunc(slices.Clone(files), func(f File) bool { return !strings.HasSuffix(f.Name, suffix) })
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// inOrder returns the files with schemas: those with enums first.
func inOrder(files []File) []File {
	return append(byName(files, ".enums.xml"), byName(files, ".gschema.xml")...)
}

// database lays out all schemas.
func (l *library) database() *hash {
	root, top := newHash()
	for _, id := range l.order.Keys() {
		s := l.schemas[id]
		entry := root.insert(id).under(top)
		keys, keysTop := newHash()
		entry.table = keys
		domain := ""
		for _, name := range s.order.Keys() {
			if s.keys[name].l10n != 0 {
				domain = s.domain
			}
			v := s.keys[name].value()
			keys.insert(name).under(keysTop).value = &v
		}
		for _, f := range []struct{ name, text string }{{".path", s.path}, {".extends", s.extends}, {".list-of", s.listOf}, {".gettext-domain", domain}} {
			if f.text != "" {
				v := str(f.text)
				keys.insert(f.name).value = &v
			}
		}
	}
	return root
}
