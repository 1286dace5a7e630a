package configure

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

const alternativesDir = adminDir + "/alternatives/"

// updateAlternatives is update-alternatives(1).
func (s *session) updateAlternatives(c *shell.Call) int {
	args := c.Args
	var action string
	var params []string
	var given choice
	var slaves []slave
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		switch a {
		case "--quiet", "--verbose", "--force", "--skip-auto", "--debug":
		case "--admindir", "--altdir", "--log", "--instdir", "--root":
			args = args[min(1, len(args)):]
		case "--slave":
			if len(args) < 3 {
				return c.Fail("--slave needs <link> <name> <path>")
			}
			slaves = append(slaves, slave{name: args[1], link: args[0]})
			if given.slaves == nil {
				given.slaves = map[string]string{}
			}
			given.slaves[args[1]] = args[2]
			args = args[3:]
		case "--install", "--remove", "--remove-all", "--set", "--auto", "--display", "--list", "--query", "--config":
			n := map[string]int{"--install": 4, "--remove": 2, "--set": 2}[a]
			if n == 0 {
				n = 1
			}
			if len(args) < n {
				return c.Fail("%s needs %d arguments", a, n)
			}
			action, params, args = a, args[:n], args[n:]
		default:
			return c.Fail("unknown argument '%s'", a)
		}
	}
	return s.alternativesAction(c, action, params, given, slaves)
}

func (s *session) alternativesAction(c *shell.Call, action string, params []string, given choice, slaves []slave) int {
	name := ""
	switch action {
	case "":
		return c.Fail("no action")
	case "--install":
		name = params[1]
	default:
		name = params[0]
	}
	if name == "" || strings.ContainsAny(name, "/ \t\n") {
		return c.Fail("the alternative's name '%s' must not contain '/' and spaces", name)
	}
	a := &alternative{name: name}
	data, err := s.root.ReadFile(alternativesDir+name, maxDatabase)
	known := err == nil
	if known {
		if a, err = parseAlternative(name, data); err != nil {
			return c.Fail("%v", err)
		}
	}
	switch action {
	case "--install":
		return s.installAlternative(c, a, params, given, slaves)
	case "--list", "--display", "--query":
		if !known {
			return c.Fail("no alternatives for %s", name)
		}
		fmt.Fprint(c.Stdout, a.show(action, s.currentChoice(a)))
		return 0
	}
	if !known {
		if action == "--set" {
			c.Fail("no alternatives for %s", name)
			return 2
		}
		return 0
	}
	switch action {
	case "--set":
		if a.find(params[1]) == nil {
			c.Fail("alternative %s for %s not registered; not setting", params[1], name)
			return 2
		}
		a.manual = true
		return s.saveAlternative(c, a, a.find(params[1]))
	case "--remove":
		a.choices = slices.DeleteFunc(a.choices, func(ch choice) bool { return ch.path == params[1] })
	case "--remove-all":
		a.choices = nil
	case "--auto":
		a.manual = false
	}
	if len(a.choices) == 0 {
		return s.removeAlternative(c, a)
	}
	now := a.find(s.currentChoice(a))
	if now == nil || action == "--auto" {
		a.manual = false
	}
	if !a.manual {
		now = a.best()
	}
	return s.saveAlternative(c, a, now)
}

// currentChoice is where the link in /etc/alternatives leads.
func (s *session) currentChoice(a *alternative) string {
	target, _ := s.root.Readlink("/etc/alternatives/" + a.name) // "" where there is none
	return target
}

func (s *session) installAlternative(c *shell.Call, a *alternative, params []string, given choice, slaves []slave) int {
	link, path := params[0], params[2]
	priority, err := strconv.Atoi(params[3])
	switch {
	case err != nil:
		c.Fail("priority must be an integer")
		return 2
	case !s.root.Exists(path):
		c.Fail("error: alternative path %s doesn't exist", path)
		return 2
	case !strings.HasPrefix(link, "/") || !strings.HasPrefix(path, "/"):
		c.Fail("alternative link and path must be absolute")
		return 2
	}
	if a.link != "" && a.link != link {
		s.moveLink(a.link, link, a.name)
	}
	a.link = link
	for _, sl := range slaves {
		i := slices.IndexFunc(a.slaves, func(x slave) bool { return x.name == sl.name })
		if i < 0 {
			a.slaves = append(a.slaves, sl)
			continue
		}
		if a.slaves[i].link != sl.link {
			s.moveLink(a.slaves[i].link, sl.link, sl.name)
			a.slaves[i].link = sl.link
		}
	}
	given.path, given.priority = path, priority
	if old := a.find(path); old != nil {
		*old = given
	} else {
		a.choices = append(a.choices, given)
	}
	now := a.find(s.currentChoice(a))
	if s.currentChoice(a) != "" && now == nil {
		a.manual = false
	}
	if !a.manual || now == nil {
		now = a.best()
	}
	return s.saveAlternative(c, a, now)
}

// moveLink renames a link that a group had elsewhere.
func (s *session) moveLink(from, to, name string) {
	if target, err := s.root.Readlink(from); err == nil && target == "/etc/alternatives/"+name {
		_ = s.root.Rename(from, to) // making the link tells
	}
}

// saveAlternative makes the links of a choice, and writes the database.
func (s *session) saveAlternative(c *shell.Call, a *alternative, now *choice) int {
	err := errors.Join(s.root.MkdirAll("/etc/alternatives", 0o755), s.root.MkdirAll(alternativesDir, 0o755))
	if err == nil {
		err = s.alternativeLinks(a.name, a.link, now.path, true)
	}
	for _, sl := range a.slaves {
		if err != nil {
			break
		}
		target := now.slaves[sl.name]
		if target != "" && s.root.Exists(target) && s.root.Exists(sl.link[:strings.LastIndexByte(sl.link, '/')+1]) {
			err = s.alternativeLinks(sl.name, sl.link, target, false)
			continue
		}
		s.removeLinks(sl.name, sl.link)
	}
	if err == nil {
		err = s.root.WriteFile(alternativesDir+a.name, []byte(a.text()), 0o644)
	}
	if err != nil {
		c.Check(err)
		c.Fail("%v", err)
		return 2
	}
	return 0
}

// alternativeLinks makes LINK → /etc/alternatives/NAME → path. A file of a
// package in the place of the link stays, with a word about it.
func (s *session) alternativeLinks(name, link, path string, _ bool) error {
	if err := s.symlink(path, "/etc/alternatives/"+name); err != nil {
		return err
	}
	if i, err := s.root.Lstat(link); err == nil && i.Mode&fs.ModeSymlink == 0 {
		return nil
	}
	return s.symlink("/etc/alternatives/"+name, link)
}

func (s *session) symlink(target, path string) error {
	if old, err := s.root.Readlink(path); err == nil {
		if old == target {
			return nil
		}
		if err := s.root.Remove(path); err != nil {
			return err
		}
	}
	return s.root.Symlink(target, path)
}

func (s *session) removeLinks(name, link string) {
	if target, err := s.root.Readlink(link); err == nil && target == "/etc/alternatives/"+name {
		_ = s.root.Remove(link) // a link that is there
	}
	if _, err := s.root.Readlink("/etc/alternatives/" + name); err == nil {
		_ = s.root.Remove("/etc/alternatives/" + name)
	}
}

func (s *session) removeAlternative(c *shell.Call, a *alternative) int {
	s.removeLinks(a.name, a.link)
	for _, sl := range a.slaves {
		s.removeLinks(sl.name, sl.link)
	}
	if err := s.root.Remove(alternativesDir + a.name); err != nil && !errors.Is(err, root.ErrNotExist) {
		c.Check(err)
	}
	return 0
}
