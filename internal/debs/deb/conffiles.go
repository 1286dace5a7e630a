package deb

import (
	"slices"
	"strings"
)

// Conffile is a line of conffiles (deb-conffiles(5)).
type Conffile struct {
	// Path is absolute, as in the file.
	Path string
	// RemoveOnUpgrade says that the package doesn't have it any more.
	RemoveOnUpgrade bool
}

// parseConffiles reads the file: a path a line, with flags before it.
func parseConffiles(text []byte) ([]Conffile, error) {
	var list []Conffile
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \t\n")
		if line == "" {
			continue
		}
		var c Conffile
		if rest, ok := strings.CutPrefix(line, "remove-on-upgrade "); ok {
			c.RemoveOnUpgrade, line = true, strings.TrimLeft(rest, " ")
		}
		c.Path = line
		rel, ok := strings.CutPrefix(line, "/")
		if !ok {
			return nil, invalid("conffiles: %q is not an absolute path", line)
		}
		if err := checkPath(rel); err != nil {
			return nil, invalid("conffiles: %q: %v", line, err)
		}
		if slices.Contains(list, c) {
			return nil, invalid("conffiles: %q is listed twice", line)
		}
		list = append(list, c)
	}
	return list, nil
}
