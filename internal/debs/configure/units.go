package configure

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// units are systemd's, of the system or of users.
type units struct {
	s        *session
	instance string // "system" or "user"
	enabled  string // directory of notes on what was enabled
	masked   string // and on what was masked
}

func (s *session) units(user bool) *units {
	const dir = "/var/lib/systemd/deb-systemd-"
	if user {
		return &units{s: s, instance: "user", enabled: dir + "user-helper-enabled", masked: dir + "user-helper-masked"}
	}
	return &units{s: s, instance: "system", enabled: dir + "helper-enabled", masked: dir + "helper-masked"}
}

// unitLink is a link that enabling a unit makes.
type unitLink struct{ path, target string }

// find returns the unit's file, or its name where there is none.
func (u *units) find(name string) string {
	for _, dir := range []string{"/etc/systemd/", "/lib/systemd/", "/usr/lib/systemd/"} {
		path := dir + u.instance + "/" + name
		if i, err := u.s.root.Stat(path); err == nil && i.Mode.IsRegular() {
			return path
		}
	}
	return name
}

var installLine = lazyregexp.New(`^\s*(?i:(WantedBy|RequiredBy|Also|Alias|DefaultInstance))=\s*(.+)$`)

// links are those of a unit and of the units that it names with Also=
// (systemd.unit(5), "[Install]").
func (u *units) links(path string, visited map[string]bool) ([]unitLink, error) {
	data, err := u.s.root.ReadFile(path, maxScript)
	if err != nil {
		return nil, err
	}
	name := baseOf(path)
	visited[name] = true
	var links []unitLink
	var dirs []string
	wanted := name
	etc := "/etc/systemd/" + u.instance + "/"
	for line := range strings.Lines(string(data)) {
		m := installLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		for value := range strings.FieldsSeq(m[2]) {
			value = strings.Trim(value, `"'`)
			switch key := strings.ToLower(m[1]); {
			case strings.Contains(value, "/") || value == "":
			case key == "wantedby":
				dirs = append(dirs, etc+value+".wants/")
			case key == "requiredby":
				dirs = append(dirs, etc+value+".requires/")
			case key == "alias" && value != name:
				links = append(links, unitLink{etc + value, path})
			case key == "also" && !visited[value]:
				more, err := u.links(u.find(value), visited)
				if err != nil {
					return nil, err
				}
				links = append(links, more...)
			case key == "defaultinstance":
				if before, after, ok := strings.Cut(name, "@."); ok {
					wanted = before + "@" + value + "." + after
				}
			}
		}
	}
	for _, dir := range dirs {
		links = append(links, unitLink{dir + wanted, path})
	}
	return links, nil
}

func (u *units) isLink(path string) bool {
	_, err := u.s.root.Readlink(path)
	return err == nil
}

// link makes a unit's link, unless one is there.
func (u *units) link(l unitLink) error {
	if u.isLink(l.path) {
		return nil
	}
	if err := u.s.root.MkdirAll(l.path[:strings.LastIndexByte(l.path, '/')], 0o755); err != nil {
		return err
	}
	return u.s.root.Symlink(l.target, l.path)
}

// enable is deb-systemd-helper's: it notes the unit's links, and makes those that
// aren't noted yet. Where systemd is installed it asks what is preset.
func (u *units) enable(name string) error {
	links, err := u.links(u.find(name), map[string]bool{})
	if err != nil {
		return fmt.Errorf("unable to read %s: %w", name, err)
	}
	create := true
	if u.s.root.Exists("/usr/bin/systemctl") {
		if u.s.root.Exists(u.state(name)) {
			create = slices.ContainsFunc(links, func(l unitLink) bool { return u.isLink(l.path) })
		} else {
			create = u.preset(name)
		}
	}
	noted := u.noted(name)
	for _, l := range links {
		if !slices.Contains(noted, l.path) {
			noted = append(noted, l.path)
		}
		note := u.enabled + strings.TrimPrefix(l.path, "/etc/systemd/"+u.instance)
		if u.s.root.Exists(note) {
			continue
		}
		if create {
			if err := u.link(l); err != nil {
				return err
			}
		}
		if err := u.touch(note); err != nil {
			return err
		}
	}
	return u.note(name, noted)
}

// preset tells whether systemd enables a unit when it is installed: the first
// line that fits decides, and what no line names is enabled (systemd.preset(5)).
func (u *units) preset(name string) bool {
	files := map[string]string{}
	for _, dir := range []string{"/usr/lib/systemd/", "/lib/systemd/", "/run/systemd/", "/etc/systemd/"} {
		for _, path := range u.s.glob(dir + u.instance + "-preset/*.preset") {
			files[baseOf(path)] = path
		}
	}
	for _, file := range sortedKeys(files) {
		data, err := u.s.root.ReadFile(files[file], maxScript)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if words := strings.Fields(line); len(words) > 1 && (words[0] == "enable" || words[0] == "disable") && shell.Match(words[1], name) {
				return words[0] == "enable"
			}
		}
	}
	return true
}

// state is the file that a unit's links are noted in.
func (u *units) state(name string) string { return u.enabled + "/" + baseOf(name) + ".dsh-also" }

func (u *units) noted(name string) []string {
	data, err := u.s.root.ReadFile(u.state(name), maxScript)
	if err != nil {
		return nil
	}
	return strings.Fields(string(data))
}

func (u *units) note(name string, links []string) error {
	text := ""
	if len(links) > 0 {
		text = strings.Join(links, "\n") + "\n"
	}
	return u.s.update(u.state(name), text)
}

// update notes the links of a unit anew, be it none.
func (u *units) update(name string, links []unitLink) error {
	if len(links) == 0 {
		return u.touch(u.state(name))
	}
	paths := make([]string, 0, len(links))
	for _, l := range links {
		paths = append(paths, l.path)
	}
	return u.note(name, paths)
}

func (u *units) touch(path string) error {
	if err := u.s.root.MkdirAll(path[:strings.LastIndexByte(path, '/')], 0o755); err != nil {
		return err
	}
	return u.s.root.WriteFile(path, nil, 0o644)
}

// unmask takes away a mask that deb-systemd-helper made.
func (u *units) unmask(name string) error {
	link := "/etc/systemd/" + u.instance + "/" + baseOf(name)
	note := u.masked + "/" + baseOf(name)
	if target, _ := u.s.root.Readlink(link); target != "/dev/null" || !u.s.root.Exists(note) {
		return nil // it isn't masked, or not by it
	}
	return errors.Join(u.s.root.Remove(link), u.s.root.Remove(note))
}

// disable takes away a unit's noted links, and the notes on them.
func (u *units) disable(name string, purge bool) error {
	for _, link := range u.noted(name) {
		if u.isLink(link) || purge {
			_ = u.s.root.Remove(u.enabled + strings.TrimPrefix(link, "/etc/systemd/"+u.instance)) // it may not be there
		}
		if u.isLink(link) {
			if err := u.s.root.Remove(link); err != nil {
				return err
			}
		}
	}
	if purge {
		_ = u.s.root.Remove(u.state(name)) // likewise
	}
	return nil
}

// mask makes a unit one that can't be started, unless it is the administrator's.
func (u *units) mask(name string) error {
	link := "/etc/systemd/" + u.instance + "/" + baseOf(name)
	if _, err := u.s.root.Lstat(link); !errors.Is(err, root.ErrNotExist) {
		return nil
	}
	if err := u.link(unitLink{link, "/dev/null"}); err != nil {
		return err
	}
	return u.touch(u.masked + "/" + baseOf(name))
}
