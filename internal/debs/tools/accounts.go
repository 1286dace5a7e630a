package tools

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

const (
	passwdFile  = "/etc/passwd"
	groupFile   = "/etc/group"
	shadowFile  = "/etc/shadow"
	gshadowFile = "/etc/gshadow"
)

// Ranges of numbers (Debian Policy 9.2.2; adduser.conf(5), login.defs(5)).
const (
	firstSystem, lastSystem = 100, 999
	firstUser, lastUser     = 1000, 59999
)

// rows returns the lines of an account file, in fields.
func rows(c *shell.Call, file string) [][]string {
	data, err := c.Root.ReadFile(file, 1<<20)
	if err != nil {
		return nil
	}
	c.Spend(len(data))
	var out [][]string
	for _, line := range lines(data) {
		out = append(out, strings.Split(line, ":"))
	}
	return out
}

// lookup returns the row of a name, or nil; a passwd row has 7 fields, a group
// row 4.
func lookup(c *shell.Call, file, name string) []string {
	for _, f := range rows(c, file) {
		if f[0] == name && (file == passwdFile && len(f) >= 7 || file == groupFile && len(f) >= 4) {
			return f
		}
	}
	return nil
}

// nameOf returns the name of a number, or the number.
func nameOf(c *shell.Call, file string, n int) string {
	text := strconv.Itoa(n)
	for _, f := range rows(c, file) {
		if len(f) > 3 && f[2] == text {
			return f[0]
		}
	}
	return text
}

// save writes an account file back.
func save(c *shell.Call, file string, list [][]string) error {
	var b strings.Builder
	for _, f := range list {
		b.WriteString(strings.Join(f, ":"))
		b.WriteByte('\n')
	}
	mode := fs.FileMode(0o644)
	if i, err := c.Root.Stat(file); err == nil {
		mode = i.Mode
	}
	// The programs keep what was there before with a dash.
	if old, err := c.Root.ReadFile(file, 1<<20); err == nil {
		if i, err := c.Root.Stat(file); err == nil {
			if err := writeFile(c, file+"-", old, i.Mode); err != nil {
				return err
			}
			if err := c.Root.Chown(file+"-", i.UID, i.GID, false); err != nil {
				return err
			}
		}
	}
	return writeFile(c, file, []byte(b.String()), mode)
}

func (a account) add(c *shell.Call, file string, row ...string) error {
	if !c.Root.Exists(file) && (file == shadowFile || file == gshadowFile) {
		return nil
	}
	return save(c, file, append(rows(c, file), row))
}

// account is what a program is asked to make.
type account struct {
	name, gecos, home, shell, group string
	uid, gid                        string
	system, noHome                  bool
	ownGroup                        bool
	supplementary                   []string
}

// free returns the first number that neither file has, from one end of the
// range: adduser looks for the lowest, useradd and groupadd for the highest
// one of the system's.
func free(c *shell.Call, files []string, from, to int) int {
	used := map[string]bool{}
	for _, file := range files {
		for _, f := range rows(c, file) {
			if len(f) > 3 {
				used[f[2]] = true
			}
		}
	}
	step := 1
	if from > to {
		step = -1
	}
	for n := from; ; n += step {
		if !used[strconv.Itoa(n)] {
			return n
		}
		if n == to {
			return -1
		}
	}
}

// addGroup makes a group.
func (a account) addGroup(c *shell.Call) error {
	if err := a.add(c, groupFile, a.group, "x", a.gid, ""); err != nil {
		return err
	}
	return a.add(c, gshadowFile, a.group, "!", "", "")
}

// addUser makes a user. lock is what shadow has for a password that nothing
// matches.
func (a account) addUser(c *shell.Call, lock string) error {
	if strings.ContainsAny(a.name+a.gecos+a.home+a.shell, ":\n") {
		return fmt.Errorf("a field of the user '%s' has a colon or line feed", a.name)
	}
	if err := a.add(c, passwdFile, a.name, "x", a.uid, a.gid, a.gecos, a.home, a.shell); err != nil {
		return err
	}
	// The day of the last change is the clock's, which a virtual root hasn't
	// got: it is left out, as for a password without ageing.
	if err := a.add(c, shadowFile, a.name, lock, "", "", "", "", "", "", ""); err != nil {
		return err
	}
	for _, g := range a.supplementary {
		if err := addMember(c, a.name, g); err != nil {
			return err
		}
	}
	return nil
}

// addMember makes a user a member of a group.
func addMember(c *shell.Call, user, group string) error {
	if lookup(c, groupFile, group) == nil {
		return fmt.Errorf("the group '%s' does not exist", group)
	}
	for _, file := range []string{groupFile, gshadowFile} {
		list := rows(c, file)
		changed := false
		for _, f := range list {
			if f[0] != group || len(f) < 4 {
				continue
			}
			members := strings.FieldsFunc(f[3], func(r rune) bool { return r == ',' })
			if !slices.Contains(members, user) {
				f[3] = strings.Join(append(members, user), ",")
				changed = true
			}
		}
		if changed {
			if err := save(c, file, list); err != nil {
				return err
			}
		}
	}
	return nil
}

// getent looks accounts up in the root's files.
func getent(c *shell.Call) int {
	if len(c.Args) == 0 {
		return 1
	}
	file := map[string]string{"passwd": passwdFile, "group": groupFile, "shadow": shadowFile, "gshadow": gshadowFile, "hosts": "/etc/hosts", "services": "/etc/services"}[c.Args[0]]
	if file == "" {
		return c.Fail("Unknown database: %s", c.Args[0])
	}
	status := 0
	if len(c.Args) == 1 {
		for _, f := range rows(c, file) {
			puts(c, strings.Join(f, ":")+"\n")
		}
	}
	for _, key := range c.Args[1:] {
		found := false
		for _, f := range rows(c, file) {
			if f[0] == key || len(f) > 2 && f[2] == key && (file == passwdFile || file == groupFile) {
				puts(c, strings.Join(f, ":")+"\n")
				found = true
				break
			}
		}
		if !found {
			status = 2
		}
	}
	return status
}
