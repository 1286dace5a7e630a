package shell

import (
	"strings"
)

// globbed appends a field, or the paths that it matches as a pattern, to out.
func (s *state) globbed(out []string, f []seg) []string {
	var text strings.Builder
	meta := false
	for _, g := range f {
		text.WriteString(g.text)
		meta = meta || !g.quoted && strings.ContainsAny(g.text, "*?[")
	}
	if !meta || s.noglob {
		return append(out, text.String())
	}
	paths := s.glob(escaped(f))
	if len(paths) == 0 {
		return append(out, text.String())
	}
	return append(out, paths...)
}

// glob returns the paths that a pattern matches, sorted.
func (s *state) glob(pattern string) []string {
	prefix := ""
	if strings.HasPrefix(pattern, "/") {
		prefix = "/"
	}
	found := []string{prefix}
	for elem := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		if elem == "" {
			continue
		}
		next := make([]string, 0, len(found))
		for _, dir := range found {
			next = append(next, s.globIn(dir, elem)...)
			s.spend(perCommand)
		}
		found = next
	}
	if strings.HasSuffix(pattern, "/") && pattern != "/" {
		var dirs []string
		for _, p := range found {
			if i, err := s.Root.Stat(s.abs(p)); err == nil && i.Mode.IsDir() {
				dirs = append(dirs, p+"/")
			}
		}
		return dirs
	}
	return found
}

func (s *state) globIn(dir, elem string) []string {
	join := func(name string) string {
		if dir == "" || strings.HasSuffix(dir, "/") {
			return dir + name
		}
		return dir + "/" + name
	}
	if !strings.ContainsAny(elem, "*?[") {
		path := join(unslash(elem))
		if _, err := s.Root.Lstat(s.abs(path)); err != nil {
			return nil
		}
		return []string{path}
	}
	list, err := s.Root.ReadDir(s.abs(dir))
	if err != nil {
		return nil
	}
	var out []string
	for _, i := range list {
		if strings.HasPrefix(i.Name, ".") && !strings.HasPrefix(unslash(elem), ".") {
			continue
		}
		if s.match(elem, i.Name) {
			s.spend(len(i.Name) + perField)
			out = append(out, join(i.Name))
		}
	}
	return out
}

// unslash removes the backslashes that quote in a pattern.
func unslash(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// abs returns a path from the root on.
func (s *state) abs(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	if path == "" {
		return s.dir
	}
	return strings.TrimSuffix(s.dir, "/") + "/" + path
}
