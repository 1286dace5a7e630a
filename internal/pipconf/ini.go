package pipconf

import (
	"fmt"
	"strings"
)

// iniReader reads one file as Python's configparser.RawConfigParser does: no
// interpolation, comments on lines of their own, values that go on in indented
// lines.
type iniReader struct {
	path     string
	sections map[string]map[string]setting
	seen     map[string]bool // keys of this file, with their section
	section  string
	key      string // that may go on, "" for none
	indent   int    // of its line
}

// addINI lays a file's values over sections. Errors name file and line, and
// nothing of the text.
func addINI(sections map[string]map[string]setting, path, text string) error {
	r := &iniReader{path: path, sections: sections, seen: map[string]bool{}}
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		if err := r.line(strings.TrimRight(line, "\r\n")); err != nil {
			return fmt.Errorf("reading %q: line %d: %w", path, n, err)
		}
	}
	return nil
}

func (r *iniReader) line(line string) error {
	text := strings.TrimSpace(line)
	if text == "" || text[0] == '#' || text[0] == ';' {
		return nil
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t\f\v"))
	if r.key != "" && indent > r.indent {
		old := r.sections[r.section][r.key]
		old.value = strings.TrimSpace(old.value + "\n" + text)
		r.sections[r.section][r.key] = old
		return nil
	}
	if text[0] == '[' {
		name, _, ok := strings.Cut(text[1:], "]")
		if !ok || name == "" {
			return fmt.Errorf("a section without its end")
		}
		r.section, r.key, r.indent = name, "", indent
		if r.sections[name] == nil {
			r.sections[name] = map[string]setting{}
		}
		return nil
	}
	if r.section == "" {
		return fmt.Errorf("a key before the first section")
	}
	i := strings.IndexAny(text, "=:")
	if i <= 0 {
		return fmt.Errorf("neither a section nor a key with a value")
	}
	key := strings.ToLower(strings.TrimSpace(text[:i]))
	key = strings.TrimPrefix(strings.ReplaceAll(key, "_", "-"), "--")
	if id := r.section + "\x00" + key; r.seen[id] {
		return fmt.Errorf("a key that the section has already")
	} else {
		r.seen[id] = true
	}
	r.key, r.indent = key, indent
	r.sections[r.section][key] = setting{strings.TrimSpace(text[i+1:]), fmt.Sprintf("%s in %q", key, r.path)}
	return nil
}
