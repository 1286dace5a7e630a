package configure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// dpkgDivert is dpkg-divert(1): the database has three lines for each path, it,
// where it goes, and whose the file in its place is.
func (s *session) dpkgDivert(c *shell.Call) int {
	var action, to, path string
	owner, rename := s.current.name, false
	for i := 0; i < len(c.Args); i++ {
		a := c.Args[i]
		value := func(name string) (string, bool) {
			if v, ok := strings.CutPrefix(a, name+"="); ok {
				return v, true
			}
			if a == name && i+1 < len(c.Args) {
				i++
				return c.Args[i], true
			}
			return "", false
		}
		if v, ok := value("--package"); ok {
			owner = v
		} else if v, ok := value("--divert"); ok {
			to = v
		} else if _, ok := value("--admindir"); ok {
			continue
		} else if a == "--rename" {
			rename = true
		} else if a == "--local" {
			owner = ":"
		} else if a == "--add" || a == "--remove" || a == "--list" || a == "--truename" || a == "--listpackage" {
			action = a
		} else if !strings.HasPrefix(a, "-") {
			path = a
		}
	}
	return s.divert(c, action, path, to, owner, rename)
}

func (s *session) divert(c *shell.Call, action, path, to, owner string, rename bool) int {
	data, _ := s.root.ReadFile(adminDir+"/diversions", maxDatabase) // none is none
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	at := -1
	for i := 0; i+2 < len(lines); i += 3 {
		if lines[i] == path {
			at = i
		}
	}
	if to == "" {
		to = path + ".distrib"
	}
	save := func() int {
		text := strings.Join(lines, "\n")
		if text != "" {
			text += "\n"
		}
		if err := s.root.WriteFile(adminDir+"/diversions", []byte(text), 0o644); err != nil {
			c.Check(err)
			return c.Fail("%v", err)
		}
		return 0
	}
	switch action {
	case "--truename":
		if at >= 0 && lines[at+2] != owner {
			path = lines[at+1]
		}
		fmt.Fprintln(c.Stdout, path)
		return 0
	case "--listpackage":
		if at >= 0 {
			fmt.Fprintln(c.Stdout, lines[at+2])
		}
		return 0
	case "--list":
		for i := 0; i+2 < len(lines); i += 3 {
			if path == "" || c.Match(path, lines[i]) || c.Match(path, lines[i+1]) {
				fmt.Fprintf(c.Stdout, "diversion of %s to %s by %s\n", lines[i], lines[i+1], lines[i+2])
			}
		}
		return 0
	case "--remove":
		if at < 0 {
			return 0
		}
		to = lines[at+1]
		lines = slices.Delete(lines, at, at+3)
		if rename && s.root.Exists(to) {
			_ = s.root.Rename(to, path) // what is in the way stays
		}
		return save()
	}
	if at >= 0 {
		if lines[at+1] == to && lines[at+2] == owner {
			return 0
		}
		c.Fail("error: '%s' is diverted already", path)
		return 2
	}
	if len(lines) == 1 && lines[0] == "" {
		lines = nil
	}
	lines = append(lines, path, to, owner)
	if rename && s.root.Exists(path) {
		if err := s.root.Rename(path, to); err != nil {
			return c.Fail("%v", err)
		}
	}
	return save()
}

// dpkgStatoverride is dpkg-statoverride(1).
func (s *session) dpkgStatoverride(c *shell.Call) int {
	var action string
	var params []string
	update := false
	for _, a := range c.Args {
		switch {
		case a == "--add" || a == "--remove" || a == "--list":
			action = a
		case a == "--update":
			update = true
		case !strings.HasPrefix(a, "-"):
			params = append(params, a)
		}
	}
	file := adminDir + "/statoverride"
	data, _ := s.root.ReadFile(file, maxDatabase) // none is none
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	switch action {
	case "--list":
		found := 1
		for _, l := range lines {
			if f := strings.Fields(l); len(f) == 4 && (len(params) == 0 || c.Match(params[0], f[3])) {
				fmt.Fprintln(c.Stdout, l)
				found = 0
			}
		}
		return found
	case "--remove":
		lines = slices.DeleteFunc(lines, func(l string) bool {
			f := strings.Fields(l)
			return len(f) == 4 && len(params) > 0 && f[3] == params[0]
		})
	default:
		if len(params) != 4 {
			c.Fail("error: --add needs four arguments")
			return 2
		}
		lines = append(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), strings.Join(params, " "))
		if update && s.root.Exists(params[3]) {
			if st := c.Run("chown", params[0]+":"+params[1], params[3]); st != 0 {
				return st
			}
			if st := c.Run("chmod", params[2], params[3]); st != 0 {
				return st
			}
		}
	}
	text := strings.Join(lines, "\n")
	if text != "" {
		text += "\n"
	}
	if err := s.root.WriteFile(file, []byte(text), 0o644); err != nil {
		c.Check(err)
		return c.Fail("%v", err)
	}
	return 0
}
