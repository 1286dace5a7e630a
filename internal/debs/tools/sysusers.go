package tools

import (
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// sysusersDirs are where sysusers.d(5) has its files, the weightier first.
var sysusersDirs = []string{"/etc/sysusers.d", "/run/sysusers.d", "/usr/local/lib/sysusers.d", "/usr/lib/sysusers.d"}

// Sysusers is systemd-sysusers(8): it makes the users and groups that files of
// sysusers.d ask for, system ones numbered from 999 down.
func Sysusers(c *shell.Call) int {
	var names []string
	for _, a := range c.Args {
		if !strings.HasPrefix(a, "-") || a == "-" {
			names = append(names, a)
		}
	}
	files := names
	if len(names) == 0 {
		files = sysusersFiles(c)
	}
	var rowsOf [][]string
	status := 0
	for _, name := range files {
		if !strings.Contains(name, "/") && name != "-" {
			for _, dir := range sysusersDirs {
				if c.Root.Exists(dir + "/" + name) {
					name = dir + "/" + name
					break
				}
			}
		}
		data, err := read(c, name)
		if err != nil {
			status = c.Fail("failed to open '%s': %v", name, reason(c, err))
			continue
		}
		for _, line := range lines(data) {
			if f := quotedWords(line); len(f) > 1 && !strings.HasPrefix(f[0], "#") {
				rowsOf = append(rowsOf, f)
			}
		}
	}
	// Groups come first, and members last, as systemd-sysusers has it.
	for _, kind := range []string{"g", "u", "m"} {
		for _, f := range rowsOf {
			if strings.TrimRight(f[0], "!") != kind {
				continue
			}
			if err := sysuser(c, kind, append(f, "-", "-", "-", "-", "-")); err != nil {
				status = c.Fail("%v", reason(c, err))
			}
		}
	}
	return status
}

func sysusersFiles(c *shell.Call) []string {
	seen := map[string]bool{}
	var out []string
	for _, dir := range sysusersDirs {
		list, err := c.Root.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, i := range list {
			if strings.HasSuffix(i.Name, ".conf") && !seen[i.Name] {
				seen[i.Name] = true
				out = append(out, dir+"/"+i.Name)
			}
		}
	}
	return out
}

func sysuser(c *shell.Call, kind string, f []string) error {
	name, id := f[1], f[2]
	if kind == "m" {
		return addMember(c, name, f[2])
	}
	given := func(text, otherwise string) string {
		if text == "-" {
			return otherwise
		}
		return text
	}
	uid, gid, both := strings.Cut(given(id, ""), ":")
	if uid == "-" || strings.HasPrefix(uid, "/") {
		uid = ""
	}
	if kind == "g" {
		return sysgroup(c, name, uid)
	}
	if lookup(c, passwdFile, name) != nil {
		return nil
	}
	if uid == "" {
		files := []string{passwdFile}
		if lookup(c, groupFile, name) == nil && !both {
			files = append(files, groupFile)
		}
		uid = strconv.Itoa(free(c, files, lastSystem, firstSystem))
		if row := lookup(c, groupFile, name); row != nil && nameOf(c, passwdFile, int(leading(row[2]))) == row[2] {
			uid = row[2] // the group's number, if no user has it
		}
	}
	if both {
		if row := lookup(c, groupFile, gid); row != nil {
			gid = row[2]
		}
	} else {
		if err := sysgroup(c, name, uid); err != nil {
			return err
		}
		if row := lookup(c, groupFile, name); row != nil {
			gid = row[2]
		}
	}
	a := account{name: name, uid: uid, gid: gid, gecos: given(f[3], ""), home: given(f[4], "/"), shell: given(f[5], "/usr/sbin/nologin")}
	return a.addUser(c, "!*")
}

func sysgroup(c *shell.Call, name, gid string) error {
	if lookup(c, groupFile, name) != nil {
		return nil
	}
	if n, err := strconv.Atoi(gid); err != nil || nameOf(c, groupFile, n) != gid {
		gid = strconv.Itoa(free(c, []string{groupFile, passwdFile}, lastSystem, firstSystem))
	}
	a := account{group: name, gid: gid}
	if err := a.add(c, groupFile, name, "x", gid, ""); err != nil {
		return err
	}
	return a.add(c, gshadowFile, name, "!*", "", "")
}
