package gschema

import (
	"fmt"
	"strings"
)

// override reads a file of other defaults: groups of keys (GKeyFile) that are
// named as a schema, or as one and a desktop, "org.example.x:GNOME".
func (l *library) override(f File) (problems []error) {
	fail := func(line int, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s:%d: %w", f.Name, line, fmt.Errorf(format, args...)))
	}
	var s *schema
	desktop := ""
	n := 0
	for line := range strings.Lines(string(f.Data)) {
		n++
		line = strings.TrimLeft(strings.TrimRight(line, "\r\n"), " \t")
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[' && strings.HasSuffix(strings.TrimRight(line, " \t"), "]"):
			var id string
			line = strings.TrimRight(line, " \t")
			id, desktop, _ = strings.Cut(line[1:len(line)-1], ":")
			if s = l.schemas[id]; s == nil {
				fail(n, "there is no schema %q", id)
			}
			continue
		case s == nil:
			continue
		}
		name, text, ok := strings.Cut(line, "=")
		k := s.keys[strings.TrimRight(name, " \t")]
		if !ok || k == nil || k.child != "" {
			fail(n, "there is no key %q in the schema %q", name, s.id)
			continue
		}
		v, err := parseValue(strings.TrimLeft(text, " \t"), k.typ)
		switch {
		case err != nil:
			fail(n, "%w", err)
		case k.l10n != 0 && desktop != "":
			fail(n, "the key %q is translated, and can't differ by desktop", name)
		case desktop != "":
			k.desktops = append(k.desktops, override{desktop, v})
		default:
			k.def = v
		}
	}
	return problems
}
