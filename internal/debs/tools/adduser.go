package tools

import (
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

var adduserLong = map[string]byte{
	"system": 's', "group": 'g', "ingroup": 'i', "gid": 'G', "uid": 'u', "home": 'h', "shell": 'S', "gecos": 'c', "comment": 'c',
	"no-create-home": 'H', "disabled-password": 'p', "disabled-login": 'p', "quiet": 'q', "force-badname": 'f',
	"allow-badname": 'f', "allow-bad-names": 'f', "allow-all-names": 'f', "firstuid": 'x', "lastuid": 'y', "firstgid": 'x', "lastgid": 'y', "conf": 'C',
	"add_extra_groups": 'q', "add-extra-groups": 'q', "debug": 'q', "verbose": 'q', "home_dir": 'h', "encrypt-home": 'q',
}

// adduser makes a user, or a user a member of a group (adduser(8)).
func adduser(c *shell.Call) int {
	o, good := parse(c, "sgi:G:u:h:S:c:Hpqfx:y:C:", adduserLong)
	if !good {
		return 1
	}
	if len(o.rest) == 2 && !o.has('s') {
		if err := addMember(c, o.rest[0], o.rest[1]); err != nil {
			return c.Fail("%v", err)
		}
		return 0
	}
	if len(o.rest) != 1 {
		if o.has('g') && len(o.rest) == 1 {
			return addgroup(c)
		}
		return c.Fail("one name is expected")
	}
	a := account{name: o.rest[0], system: o.has('s'), uid: o.values['u'], gid: o.values['G'], home: o.values['h'], shell: o.values['S'], gecos: o.values['c']}
	if old := lookup(c, passwdFile, a.name); old != nil {
		if n, _ := strconv.Atoi(old[2]); a.system && n < firstUser {
			return 0 // it is there already
		}
		return c.Fail("The user '%s' already exists.", a.name)
	}
	if a.system && a.home == "" {
		a.home, a.noHome = "/nonexistent", true
	}
	if a.home == "" {
		a.home = "/home/" + a.name
	}
	if a.shell == "" {
		a.shell = map[bool]string{true: "/usr/sbin/nologin", false: "/bin/bash"}[a.system]
	}
	if !a.system && a.gecos == "" {
		a.gecos = ",,,"
	}
	a.noHome = a.noHome || o.has('H')
	a.group = a.name
	a.ownGroup = o.has('g') || !a.system && !o.has('i') && !o.has('G')
	if o.has('i') {
		a.group, a.ownGroup = o.values['i'], false
	}
	return a.make(c)
}

// make adds an account as adduser numbers it: the lowest number that no user
// has, and for a group of its own the lowest one that no group has.
func (a account) make(c *shell.Call) int {
	from, to := firstUser, lastUser
	if a.system {
		from, to = firstSystem, lastSystem
	}
	if a.uid == "" {
		n := free(c, []string{passwdFile}, from, to)
		if n < 0 {
			return c.Fail("No UID is available in the range %d-%d.", from, to)
		}
		a.uid = strconv.Itoa(n)
	}
	switch row := lookup(c, groupFile, a.group); {
	case a.ownGroup && row != nil:
		a.gid = row[2]
	case a.ownGroup:
		a.gid = strconv.Itoa(free(c, []string{groupFile}, from, to))
		if err := a.addGroup(c); err != nil {
			return c.Fail("%v", err)
		}
	case a.gid != "":
	case a.group == a.name:
		a.gid = "65534" // nogroup
	case row == nil:
		return c.Fail("The group '%s' does not exist.", a.group)
	default:
		a.gid = row[2]
	}
	if err := a.addUser(c, "!"); err != nil {
		return c.Fail("%v", err)
	}
	return a.makeHomeDir(c)
}

func (a account) makeHomeDir(c *shell.Call) int {
	if a.noHome || c.Root.Exists(a.home) {
		return 0
	}
	uid, _ := strconv.Atoi(a.uid)
	gid, _ := strconv.Atoi(a.gid)
	mode := fromUnix(0o700)
	if a.system {
		mode = fromUnix(0o755)
	}
	err := c.Root.MkdirAll(a.home, 0o755)
	if err == nil {
		err = c.Root.Chown(a.home, uid, gid, false)
	}
	if err == nil {
		err = c.Root.Chmod(a.home, mode)
	}
	if err != nil {
		return c.Fail("%v", reason(c, err))
	}
	return 0
}

// addgroup makes a group (addgroup(8)).
func addgroup(c *shell.Call) int {
	o, good := parse(c, "sgi:G:u:h:S:c:Hpqfx:y:C:", adduserLong)
	if !good {
		return 1
	}
	if len(o.rest) == 2 {
		return adduser(c)
	}
	if len(o.rest) != 1 {
		return c.Fail("one name is expected")
	}
	a := account{group: o.rest[0], gid: o.values['G']}
	if lookup(c, groupFile, a.group) != nil {
		if o.has('s') {
			return 0
		}
		return c.Fail("The group '%s' already exists.", a.group)
	}
	from, to := firstUser, lastUser
	if o.has('s') {
		from, to = firstSystem, lastSystem
	}
	if a.gid == "" {
		a.gid = strconv.Itoa(free(c, []string{groupFile}, from, to))
	}
	if err := a.addGroup(c); err != nil {
		return c.Fail("%v", err)
	}
	return 0
}

// useradd makes a user (useradd(8)): system users are numbered from 999 down.
func useradd(c *shell.Call) int {
	o, good := parse(c, "rMmUNg:G:u:d:s:c:p:b:k:K:oe:f:l", map[string]byte{
		"system": 'r', "no-create-home": 'M', "create-home": 'm', "user-group": 'U', "no-user-group": 'N', "gid": 'g',
		"groups": 'G', "uid": 'u', "home-dir": 'd', "home": 'd', "shell": 's', "comment": 'c', "password": 'p', "base-dir": 'b',
		"key": 'K', "non-unique": 'o', "no-log-init": 'l', "skel": 'k', "expiredate": 'e', "inactive": 'f',
	})
	if !good || len(o.rest) != 1 {
		return 2
	}
	a := account{name: o.rest[0], system: o.has('r'), uid: o.values['u'], home: o.values['d'], shell: o.values['s'], gecos: o.values['c'], noHome: !o.has('m')}
	if lookup(c, passwdFile, a.name) != nil {
		c.Fail("user '%s' already exists", a.name)
		return 9
	}
	if o.has('G') {
		a.supplementary = strings.Split(o.values['G'], ",")
	}
	if a.home == "" {
		a.home = "/home/" + a.name
	}
	if a.shell == "" {
		a.shell = "/bin/sh"
	}
	if a.uid == "" {
		from, to := firstUser, lastUser
		if a.system {
			from, to = lastSystem, firstSystem
		}
		a.uid = strconv.Itoa(free(c, []string{passwdFile, groupFile}, from, to))
	}
	switch {
	case o.has('g'):
		row := lookup(c, groupFile, o.values['g'])
		if row == nil {
			if _, err := strconv.Atoi(o.values['g']); err != nil {
				c.Fail("group '%s' does not exist", o.values['g'])
				return 6
			}
			row = []string{"", "", o.values['g']}
		}
		a.gid = row[2]
	case o.has('N'):
		a.gid = "100"
	default:
		if lookup(c, groupFile, a.name) != nil {
			c.Fail("group %s exists - if you want to add this user to that group, use -g.", a.name)
			return 9
		}
		a.group, a.gid = a.name, a.uid
		if err := a.addGroup(c); err != nil {
			return c.Fail("%v", err)
		}
	}
	if err := a.addUser(c, "!"); err != nil {
		return c.Fail("%v", err)
	}
	return a.makeHomeDir(c)
}

// groupadd makes a group (groupadd(8)): system groups from 999 down.
func groupadd(c *shell.Call) int {
	o, good := parse(c, "rfg:oK:p:", map[string]byte{"system": 'r', "force": 'f', "gid": 'g', "non-unique": 'o', "key": 'K', "password": 'p'})
	if !good || len(o.rest) != 1 {
		return 2
	}
	a := account{group: o.rest[0], gid: o.values['g']}
	if lookup(c, groupFile, a.group) != nil {
		if o.has('f') {
			return 0
		}
		c.Fail("group '%s' already exists", a.group)
		return 9
	}
	if a.gid == "" {
		from, to := firstUser, lastUser
		if o.has('r') {
			from, to = lastSystem, firstSystem
		}
		a.gid = strconv.Itoa(free(c, []string{groupFile}, from, to))
	}
	if err := a.addGroup(c); err != nil {
		return c.Fail("%v", err)
	}
	return 0
}

// usermod changes a user (usermod(8)).
func usermod(c *shell.Call) int {
	o, good := parse(c, "aG:g:d:s:c:l:u:LUme:p:o", map[string]byte{
		"append": 'a', "groups": 'G', "gid": 'g', "home": 'd', "shell": 's', "comment": 'c', "login": 'l', "uid": 'u', "lock": 'L',
		"unlock": 'U', "expiredate": 'e', "password": 'p',
	})
	if !good || len(o.rest) != 1 {
		return 2
	}
	list := rows(c, passwdFile)
	changed, found := false, false
	for _, f := range list {
		if f[0] != o.rest[0] || len(f) < 7 {
			continue
		}
		found = true
		for letter, field := range map[byte]int{'d': 5, 's': 6, 'c': 4, 'u': 2, 'l': 0} {
			if o.has(letter) && f[field] != o.values[letter] {
				f[field], changed = o.values[letter], true
			}
		}
		if o.has('g') {
			if row := lookup(c, groupFile, o.values['g']); row != nil && f[3] != row[2] {
				f[3], changed = row[2], true
			}
		}
	}
	if !found {
		c.Fail("user '%s' does not exist", o.rest[0])
		return 6
	}
	if changed {
		if err := save(c, passwdFile, list); err != nil {
			return c.Fail("%v", reason(c, err))
		}
	}
	if o.has('G') {
		for g := range strings.SplitSeq(o.values['G'], ",") {
			if err := addMember(c, o.rest[0], g); err != nil {
				return c.Fail("%v", err)
			}
		}
	}
	return 0
}

// groupmod changes a group's name or number (groupmod(8)).
func groupmod(c *shell.Call) int {
	o, good := parse(c, "n:g:o", map[string]byte{"new-name": 'n', "gid": 'g', "non-unique": 'o'})
	if !good || len(o.rest) != 1 {
		return 2
	}
	for _, file := range []string{groupFile, gshadowFile} {
		list := rows(c, file)
		for _, f := range list {
			if f[0] != o.rest[0] || len(f) < 4 {
				continue
			}
			if o.has('n') {
				f[0] = o.values['n']
			}
			if o.has('g') && file == groupFile {
				f[2] = o.values['g']
			}
		}
		if len(list) > 0 {
			if err := save(c, file, list); err != nil {
				return c.Fail("%v", reason(c, err))
			}
		}
	}
	return 0
}

func gpasswd(c *shell.Call) int {
	if len(c.Args) == 3 && (c.Args[0] == "-a" || c.Args[0] == "--add") {
		if err := addMember(c, c.Args[1], c.Args[2]); err != nil {
			return c.Fail("%v", err)
		}
		return 0
	}
	return c.Fail("only -a is known")
}
