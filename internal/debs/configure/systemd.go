package configure

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// systemdArgs splits the arguments of systemd's programs.
func systemdArgs(args []string) (user bool, words []string) {
	for _, a := range args {
		switch {
		case a == "--user" || a == "--global":
			user = true
		case !strings.HasPrefix(a, "-"):
			words = append(words, a)
		}
	}
	return user, words
}

// unitHelper is deb-systemd-helper(1).
func (s *session) unitHelper(c *shell.Call) int {
	user, words := systemdArgs(c.Args)
	if len(words) == 0 {
		return 0
	}
	u := s.units(user)
	action := words[0]
	status := 0
	if action == "is-enabled" || action == "was-enabled" || action == "debian-installed" {
		status = 1
	}
	for _, name := range words[1:] {
		var err error
		switch action {
		case "enable":
			err = u.enable(name)
		case "disable", "purge":
			err = u.disable(name, action == "purge")
		case "mask":
			err = u.mask(name)
		case "unmask":
			err = u.unmask(name)
		case "update-state":
			var links []unitLink
			if links, err = u.links(u.find(name), map[string]bool{}); err == nil {
				err = u.update(name, links)
			}
		case "debian-installed":
			if s.root.Exists(u.state(name)) {
				status = 0
			}
		case "was-enabled":
			if !slices.ContainsFunc(u.noted(name), func(link string) bool { return !u.isLink(link) }) {
				status = 0
			}
		case "is-enabled":
			if links, err := u.links(u.find(name), map[string]bool{}); err == nil && !slices.ContainsFunc(links, func(l unitLink) bool { return !u.isLink(l.path) }) {
				status = 0
			}
		}
		if err != nil {
			c.Check(err)
			return c.Fail("error: %v", err)
		}
	}
	return status
}

// systemctl is systemctl(1) without a running systemd: it enables units, and
// has nothing to do otherwise.
func (s *session) systemctl(c *shell.Call) int {
	user, words := systemdArgs(c.Args)
	if len(words) == 0 {
		return 0
	}
	switch words[0] {
	case "is-active", "is-failed", "status":
		return 3 // inactive
	case "is-enabled":
		return 1
	case "enable", "preset":
	default:
		return 0
	}
	u := s.units(user)
	for _, name := range words[1:] {
		template := name
		if before, after, ok := strings.Cut(name, "@"); ok { // an instance
			template = before + "@" + after[max(0, strings.LastIndexByte(after, '.')):]
		}
		if words[0] == "preset" && !u.preset(template) {
			continue
		}
		links, err := u.links(u.find(template), map[string]bool{})
		for i := 0; i < len(links) && err == nil; i++ {
			if template != name && baseOf(links[i].target) == template {
				links[i].path = links[i].path[:strings.LastIndexByte(links[i].path, '/')+1] + name
			}
			err = u.link(links[i])
		}
		if err != nil {
			c.Check(err)
			return c.Fail("Failed to enable unit: %v", err)
		}
	}
	return 0
}
