package tools

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// parseMode reads a mode, octal or symbolic (POSIX, chmod), that is applied to
// what a file has.
func parseMode(text string, have fs.FileMode, dir bool) (fs.FileMode, error) {
	if n, err := strconv.ParseUint(text, 8, 13); err == nil {
		m := fromUnix(uint32(n))
		if dir && len(text) < 5 { // directories keep setuid and setgid unless told
			m |= have & (fs.ModeSetuid | fs.ModeSetgid)
		}
		return m, nil
	}
	bits := toUnix(have)
	for clause := range strings.SplitSeq(text, ",") {
		i := strings.IndexAny(clause, "+-=")
		if i < 0 {
			return 0, fmt.Errorf("invalid mode: '%s'", text)
		}
		who := whose(clause[:i])
		for rest := clause[i:]; rest != ""; {
			op := rest[0]
			end := strings.IndexAny(rest[1:], "+-=")
			perms := rest[1:]
			if end >= 0 {
				perms = rest[1 : 1+end]
			}
			rest = rest[1+len(perms):]
			set, err := permissions(perms, bits, who, dir)
			if err != nil {
				return 0, fmt.Errorf("invalid mode: '%s'", text)
			}
			switch op {
			case '+':
				bits |= set
			case '-':
				bits &^= set
			default:
				keep := ^who
				if dir {
					keep |= 0o6000
				}
				bits = bits&keep | set
			}
		}
	}
	return fromUnix(bits), nil
}

// whose returns the bits that a clause may change.
func whose(who string) uint32 {
	if who == "" {
		return 0o7777
	}
	var mask uint32
	for _, w := range who {
		switch w {
		case 'u':
			mask |= 0o4700
		case 'g':
			mask |= 0o2070
		case 'o':
			mask |= 0o0007
		case 'a':
			mask |= 0o6777
		}
	}
	return mask | 0o1000
}

func permissions(perms string, have, who uint32, dir bool) (uint32, error) {
	var set uint32
	for _, p := range perms {
		switch p {
		case 'r':
			set |= 0o444
		case 'w':
			set |= 0o222
		case 'x':
			set |= 0o111
		case 'X':
			if dir || have&0o111 != 0 {
				set |= 0o111
			}
		case 's':
			set |= 0o6000
		case 't':
			set |= 0o1000
		case 'u':
			set |= (have >> 6 & 7) * 0o111
		case 'g':
			set |= (have >> 3 & 7) * 0o111
		case 'o':
			set |= (have & 7) * 0o111
		default:
			return 0, fmt.Errorf("%q", p)
		}
	}
	return set & who, nil
}

func fromUnix(bits uint32) fs.FileMode {
	m := fs.FileMode(bits & 0o777)
	for bit, flag := range map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if bits&bit != 0 {
			m |= flag
		}
	}
	return m
}

func toUnix(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	for bit, flag := range map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if m&flag != 0 {
			bits |= bit
		}
	}
	return bits
}

var changeLong = map[string]byte{
	"recursive": 'R', "verbose": 'v', "changes": 'c', "quiet": 'f', "silent": 'f', "no-dereference": 'h',
	"reference": 'r', "preserve-root": 'p', "dereference": 'd', "from": 'F',
}

// each calls f for the paths, and for all that is below them with -R.
func each(c *shell.Call, o options, names []string, f func(path string) error) int {
	status := 0
	for _, name := range names {
		todo := []string{c.Path(name)}
		if _, err := c.Root.Lstat(todo[0]); err != nil {
			if !o.has('f') {
				c.Fail("cannot access '%s': %v", name, reason(c, err))
			}
			status = 1
			continue
		}
		for len(todo) > 0 {
			path := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			c.Spend(100)
			if err := f(path); err != nil {
				status = c.Fail("changing '%s': %v", path, reason(c, err))
			}
			i, err := c.Root.Lstat(path)
			if err != nil || !o.has('R') || !i.Mode.IsDir() {
				continue
			}
			list, err := c.Root.ReadDir(path)
			if err != nil {
				continue
			}
			for _, e := range list {
				todo = append(todo, join(path, e.Name))
			}
		}
	}
	return status
}

func chmod(c *shell.Call) int {
	// A mode may look like an option: chmod -x file.
	for i, a := range c.Args {
		if len(a) > 1 && a[0] == '-' && strings.Trim(a[1:], "rwxXst,=+-ugoa") == "" && strings.Trim(a[1:], "R") != "" {
			c.Args = append(append(append([]string(nil), c.Args[:i]...), "--"), c.Args[i:]...)
			break
		}
	}
	o, good := parse(c, "Rvcfr:", changeLong)
	if !good {
		return 1
	}
	mode := ""
	if o.has('r') {
		i, err := c.Root.Stat(c.Path(o.values['r']))
		if err != nil {
			return c.Fail("%v", reason(c, err))
		}
		mode = strconv.FormatUint(uint64(toUnix(i.Mode)), 8)
	} else if len(o.rest) > 0 {
		mode, o.rest = o.rest[0], o.rest[1:]
	}
	if len(o.rest) == 0 {
		return c.Fail("missing operand")
	}
	return each(c, o, o.rest, func(path string) error {
		i, err := c.Root.Lstat(path)
		if err != nil || i.Mode&fs.ModeSymlink != 0 && o.has('R') {
			return err
		}
		if i, err = c.Root.Stat(path); err != nil {
			return err
		}
		m, err := parseMode(mode, i.Mode, i.Mode.IsDir() && !o.has('r'))
		if err != nil {
			return err
		}
		return c.Root.Chmod(path, m)
	})
}

func chown(c *shell.Call) int { return changeOwner(c, false) }
func chgrp(c *shell.Call) int { return changeOwner(c, true) }

func changeOwner(c *shell.Call, group bool) int {
	o, good := parse(c, "RvcfhHLPr:F:", changeLong)
	if !good {
		return 1
	}
	uid, gid := -1, -1
	if o.has('r') {
		i, err := c.Root.Stat(c.Path(o.values['r']))
		if err != nil {
			return c.Fail("%v", reason(c, err))
		}
		uid, gid = i.UID, i.GID
	} else {
		if len(o.rest) < 2 {
			return c.Fail("missing operand")
		}
		spec := o.rest[0]
		o.rest = o.rest[1:]
		if group {
			spec = ":" + spec
		}
		var err error
		if uid, gid, err = owner(c, spec); err != nil {
			return c.Fail("%v", err)
		}
	}
	return each(c, o, o.rest, func(path string) error {
		return c.Root.Chown(path, uid, gid, o.has('h') || o.has('R'))
	})
}

// owner reads "user:group", either of which may be left out.
func owner(c *shell.Call, spec string) (uid, gid int, err error) {
	uid, gid = -1, -1
	user, group, both := strings.Cut(spec, ":")
	if !both && strings.Contains(user, ".") && lookup(c, passwdFile, user) == nil {
		user, group, both = strings.Cut(spec, ".")
	}
	if user != "" {
		uid, err = strconv.Atoi(user)
		if err != nil {
			row := lookup(c, passwdFile, user)
			if row == nil {
				return 0, 0, fmt.Errorf("invalid user: '%s'", spec)
			}
			uid, _ = strconv.Atoi(row[2])
			if both && group == "" {
				gid, _ = strconv.Atoi(row[3])
			}
		}
	}
	if group != "" {
		gid, err = strconv.Atoi(group)
		if err != nil {
			row := lookup(c, groupFile, group)
			if row == nil {
				return 0, 0, fmt.Errorf("invalid group: '%s'", spec)
			}
			gid, _ = strconv.Atoi(row[2])
		}
	}
	return uid, gid, nil
}

func install(c *shell.Call) int {
	o, good := parse(c, "dDm:o:g:t:TvpcsC", map[string]byte{
		"directory": 'd', "mode": 'm', "owner": 'o', "group": 'g',
		"target-directory": 't', "no-target-directory": 'T', "preserve-timestamps": 'p', "verbose": 'v', "strip": 's', "compare": 'C',
	})
	if !good {
		return 1
	}
	mode := fs.FileMode(0o755)
	if o.has('m') {
		var err error
		if mode, err = parseMode(o.values['m'], 0, false); err != nil {
			return c.Fail("%v", err)
		}
	}
	uid, gid, err := owner(c, o.values['o']+":"+o.values['g'])
	if err != nil {
		return c.Fail("%v", err)
	}
	finish := func(path string, err error) error {
		if err == nil {
			err = c.Root.Chown(path, max(uid, 0), max(gid, 0), false)
		}
		if err == nil {
			err = c.Root.Chmod(path, mode)
		}
		return err
	}
	status := 0
	if o.has('d') {
		for _, name := range o.rest {
			path := strings.TrimRight(c.Path(name), "/")
			if err := finish(path, c.Root.MkdirAll(path, 0o755)); err != nil {
				status = c.Fail("cannot create directory '%s': %v", name, reason(c, err))
			}
		}
		return status
	}
	sources, to, into, good := o.target(c)
	if !good {
		return 1
	}
	for _, from := range sources {
		dest := to
		if into {
			dest = join(to, baseOf(from))
		}
		path := c.Path(dest)
		if o.has('D') {
			_ = c.Root.MkdirAll(path[:strings.LastIndexByte(path, '/')+1], 0o755) // writing tells
		}
		data, err := read(c, from)
		if err == nil {
			_ = c.Root.Remove(path) // so that links aren't written through
			err = finish(path, c.Root.WriteFile(path, data, 0o600))
		}
		if err != nil {
			status = c.Fail("cannot install '%s': %v", from, reason(c, err))
		}
	}
	return status
}
