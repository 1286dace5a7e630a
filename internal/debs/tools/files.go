package tools

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

func cat(c *shell.Call) int {
	o, good := parse(c, "nsu", nil)
	if !good {
		return 1
	}
	return inputs(c, o.rest, func(_ string, data []byte) { _, _ = c.Stdout.Write(data) })
}

var copyLong = map[string]byte{
	"archive": 'a', "recursive": 'r', "force": 'f', "preserve": 'p', "no-clobber": 'n', "no-dereference": 'd',
	"no-target-directory": 'T', "target-directory": 't', "verbose": 'v', "update": 'u', "remove-destination": 'Z',
	"link": 'l', "symbolic": 's', "interactive": 'i', "suffix": 'S', "backup": 'b', "reflink": 'x', "no-preserve": 'y',
}

// target says where operands go: into a directory, or to one path.
func (o options) target(c *shell.Call) (sources []string, to string, into, good bool) {
	sources = o.rest
	if o.has('t') {
		return sources, o.values['t'], true, len(sources) > 0
	}
	if len(sources) < 2 {
		c.Fail("missing file operand")
		return nil, "", false, false
	}
	to = sources[len(sources)-1]
	sources = sources[:len(sources)-1]
	into = !o.has('T') && isDir(c, to)
	if len(sources) > 1 && !into {
		c.Fail("target '%s' is not a directory", to)
		return nil, "", false, false
	}
	return sources, to, into, true
}

func cp(c *shell.Call) int {
	o, good := parse(c, "arRfpnPdLHTt:vuliSbxyZ", copyLong)
	if !good {
		return 1
	}
	sources, to, into, good := o.target(c)
	if !good {
		return 1
	}
	cc := copier{
		c: c, deep: o.has('a') || o.has('r') || o.has('R'), keep: o.has('a') || o.has('p'),
		links: o.has('a') || o.has('P') || o.has('d'), noClobber: o.has('n') || o.has('u'), hard: o.has('l'), afresh: o.has('Z'),
	}
	cc.links = cc.links || cc.deep && !o.has('L')
	status := 0
	for _, from := range sources {
		dest := to
		if into {
			dest = join(to, baseOf(from))
		}
		if err := cc.copy(c.Path(from), c.Path(dest)); err != nil {
			status = c.Fail("cannot copy '%s' to '%s': %v", from, dest, reason(c, err))
		}
	}
	return status
}

type copier struct {
	c                                          *shell.Call
	deep, keep, links, noClobber, hard, afresh bool
}

func (cc copier) copy(from, to string) error {
	cc.c.Spend(100 + 20*len(from))
	look := cc.c.Root.Stat
	if cc.links {
		look = cc.c.Root.Lstat
	}
	i, err := look(from)
	if err != nil {
		return err
	}
	switch {
	case i.Mode.IsDir():
		return cc.dir(from, to, i)
	case cc.noClobber && cc.c.Root.Exists(to):
		return nil
	case i.Mode&fs.ModeSymlink != 0:
		if err := cc.c.Root.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return cc.c.Root.Symlink(i.Link, to)
	case cc.hard:
		return cc.c.Root.Link(from, to)
	}
	data, err := cc.c.Root.ReadFile(from, maxFile)
	if err != nil {
		return err
	}
	if there, err := cc.c.Root.Stat(to); err == nil && there.Same(i) {
		return root.ErrExist
	}
	if cc.afresh {
		_ = cc.c.Root.Remove(to) // it may not be there
	}
	cc.c.Spend(len(data))
	if err := cc.c.Root.WriteFile(to, data, umasked(cc.c, i.Mode)&^(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky)); err != nil {
		return err
	}
	return cc.preserve(to, i)
}

func (cc copier) dir(from, to string, i root.Info) error {
	if !cc.deep {
		return errors.New("-r not specified; omitting directory")
	}
	if strings.HasPrefix(to+"/", from+"/") {
		return errors.New("cannot copy a directory into itself")
	}
	if err := cc.c.Root.Mkdir(to, umasked(cc.c, i.Mode)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	list, err := cc.c.Root.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := cc.copy(join(from, e.Name), join(to, e.Name)); err != nil {
			return err
		}
	}
	return cc.preserve(to, i)
}

func (cc copier) preserve(to string, i root.Info) error {
	if !cc.keep {
		return nil
	}
	return errors.Join(cc.c.Root.Chown(to, i.UID, i.GID, false), cc.c.Root.Chmod(to, i.Mode))
}

func mv(c *shell.Call) int {
	o, good := parse(c, "fiunvTt:b", copyLong)
	if !good {
		return 1
	}
	sources, to, into, good := o.target(c)
	if !good {
		return 1
	}
	status := 0
	for _, from := range sources {
		dest := to
		if into {
			dest = join(to, baseOf(from))
		}
		if o.has('n') && c.Root.Exists(c.Path(dest)) {
			continue
		}
		if err := c.Root.Rename(c.Path(from), c.Path(dest)); err != nil {
			status = c.Fail("cannot move '%s' to '%s': %v", from, dest, reason(c, err))
		}
	}
	return status
}

func rm(c *shell.Call) int {
	o, good := parse(c, "rRfdvi", map[string]byte{"recursive": 'r', "force": 'f', "verbose": 'v', "dir": 'd', "one-file-system": 'v', "preserve-root": 'v'})
	if !good {
		return 1
	}
	status := 0
	for _, name := range o.rest {
		c.Spend(100)
		path := c.Path(name)
		i, err := c.Root.Lstat(path)
		switch {
		case err != nil && o.has('f') && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, root.ErrNotDir)):
			continue
		case err != nil:
		case strings.Trim(path, "/.") == "":
			err = errors.New("it is dangerous to operate recursively on '/'")
		case i.Mode.IsDir() && !o.has('r') && !o.has('R') && !o.has('d'):
			err = root.ErrIsDir
		case i.Mode.IsDir() && (o.has('r') || o.has('R')):
			err = c.Root.RemoveAll(path)
		default:
			err = c.Root.Remove(path)
		}
		if err != nil {
			status = c.Fail("cannot remove '%s': %v", name, reason(c, err))
		}
	}
	return status
}

func ln(c *shell.Call) int {
	o, good := parse(c, "sfnvTt:rbi", map[string]byte{
		"symbolic": 's', "force": 'f', "no-dereference": 'n', "no-target-directory": 'T',
		"target-directory": 't', "relative": 'r', "verbose": 'v',
	})
	if !good {
		return 1
	}
	if len(o.rest) == 1 && !o.has('t') {
		o.rest = append(o.rest, ".")
	}
	if o.has('n') && len(o.rest) == 2 {
		if i, err := c.Root.Lstat(c.Path(strings.TrimRight(o.rest[1], "/"))); err == nil && i.Mode&fs.ModeSymlink != 0 {
			o.count['T'] = 1
		}
	}
	targets, to, into, good := o.target(c)
	if !good {
		return 1
	}
	status := 0
	for _, target := range targets {
		path := to
		if into {
			path = join(to, baseOf(target))
		}
		if err := link(c, o, target, c.Path(path)); err != nil {
			status = c.Fail("failed to create link '%s': %v", path, reason(c, err))
		}
	}
	return status
}

func link(c *shell.Call, o options, target, path string) error {
	c.Spend(100)
	if o.has('f') {
		if err := c.Root.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	switch {
	case !o.has('s'):
		return c.Root.Link(c.Path(target), path)
	case o.has('r'):
		target = relative(c, c.Path(target), path)
	}
	return c.Root.Symlink(target, path)
}

// relative returns the path from a link's directory to its target.
func relative(c *shell.Call, target, path string) string {
	to, err := c.Root.Real(target, root.Anything)
	if err != nil {
		return target
	}
	dir, err := c.Root.Real(path[:strings.LastIndexByte(path, '/')+1], root.Anything)
	if err != nil {
		return target
	}
	a, b := strings.Split(strings.Trim(dir, "/"), "/"), strings.Split(strings.Trim(to, "/"), "/")
	if a[0] == "" {
		a = nil
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return strings.Repeat("../", len(a)-n) + strings.Join(b[n:], "/")
}

func mkdir(c *shell.Call) int {
	o, good := parse(c, "pm:vZ", map[string]byte{"parents": 'p', "mode": 'm', "verbose": 'v', "context": 'Z'})
	if !good {
		return 1
	}
	status := 0
	for _, name := range o.rest {
		c.Spend(100)
		path := strings.TrimRight(c.Path(name), "/")
		there := c.Root.Exists(path)
		var err error
		switch {
		case o.has('p'):
			err = c.Root.MkdirAll(path, umasked(c, 0o777))
		default:
			err = c.Root.Mkdir(path, umasked(c, 0o777))
		}
		if err == nil && o.has('m') && !there {
			var mode fs.FileMode
			if mode, err = parseMode(o.values['m'], 0o777, true); err == nil {
				err = c.Root.Chmod(path, mode)
			}
		}
		if err != nil {
			status = c.Fail("cannot create directory '%s': %v", name, reason(c, err))
		}
	}
	return status
}

func rmdir(c *shell.Call) int {
	o, good := parse(c, "pv", map[string]byte{"ignore-fail-on-non-empty": 'i', "parents": 'p', "verbose": 'v'})
	if !good {
		return 1
	}
	status := 0
	for _, name := range o.rest {
		for part := strings.TrimRight(name, "/"); ; {
			path := c.Path(part)
			i, err := c.Root.Lstat(path)
			if err == nil && !i.Mode.IsDir() {
				err = root.ErrNotDir
			}
			if err == nil {
				err = c.Root.Remove(path)
			}
			if err != nil && (!o.has('i') || !errors.Is(err, root.ErrNotEmpty)) {
				status = c.Fail("failed to remove '%s': %v", name, reason(c, err))
			}
			part = part[:max(0, strings.LastIndexByte(part, '/'))]
			if err != nil || !o.has('p') || part == "" {
				break
			}
		}
	}
	return status
}

func touch(c *shell.Call) int {
	o, good := parse(c, "acmfhr:d:t:", map[string]byte{"no-create": 'c', "reference": 'r', "date": 'd', "time": 'a', "no-dereference": 'h'})
	if !good {
		return 1
	}
	status := 0
	for _, name := range o.rest {
		c.Spend(100)
		path := c.Path(name)
		if c.Root.Exists(path) {
			_ = c.Root.Touch(path) // it is there
			continue
		}
		if o.has('c') {
			continue
		}
		if err := c.Root.WriteFile(path, nil, umasked(c, 0o666)); err != nil {
			status = c.Fail("cannot touch '%s': %v", name, reason(c, err))
		}
	}
	return status
}

func truncate(c *shell.Call) int {
	o, good := parse(c, "cs:", map[string]byte{"size": 's', "no-create": 'c'})
	if !good {
		return 1
	}
	if o.values['s'] != "0" {
		return c.Fail("only -s 0 is known")
	}
	for _, name := range o.rest {
		if err := c.Root.WriteFile(c.Path(name), nil, umasked(c, 0o666)); err != nil {
			return c.Fail("cannot open '%s' for writing: %v", name, reason(c, err))
		}
	}
	return 0
}

func tee(c *shell.Call) int {
	o, good := parse(c, "ai", map[string]byte{"append": 'a'})
	if !good {
		return 1
	}
	data, err := c.ReadAll(c.Stdin)
	if err != nil {
		return c.Fail("%v", err)
	}
	_, _ = c.Stdout.Write(data)
	flags := root.Write | root.Create | root.Trunc
	if o.has('a') {
		flags = root.Append | root.Create
	}
	status := 0
	for _, name := range o.rest {
		_, w, err := c.Open(name, flags)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			status = c.Fail("%s: %v", name, reason(c, err))
		}
	}
	return status
}

// mktemp makes a file or directory of its own. Its name is counted, not drawn
// by lot, so that the same script makes the same names.
func mktemp(c *shell.Call) int {
	o, good := parse(c, "dqup:tm:s:", map[string]byte{"directory": 'd', "quiet": 'q', "tmpdir": 'p', "dry-run": 'u', "suffix": 's', "mode": 'm', "prefix": 'P'})
	if !good {
		return 1
	}
	template := "tmp.XXXXXXXXXX"
	if len(o.rest) > 0 {
		template = o.rest[0]
	}
	dir := "/tmp"
	if t := c.Getenv("TMPDIR"); t != "" {
		dir = t
	}
	if o.values['p'] != "" {
		dir = o.values['p']
	}
	if len(o.rest) == 0 || o.has('p') || o.has('t') || c.Name == "tempfile" {
		template = join(dir, template)
	}
	stem := strings.TrimRight(template, "X")
	width := len(template) - len(stem)
	if width < 3 {
		return c.Fail("too few X's in template '%s'", template)
	}
	for n := range 10_000 {
		digits := strconv.Itoa(n)
		name := stem + strings.Repeat("0", max(0, width-len(digits))) + digits + o.values['s']
		path := c.Path(name)
		c.Spend(100)
		if _, err := c.Root.Lstat(path); err == nil {
			continue
		}
		var err error
		switch {
		case o.has('u'):
		case o.has('d'):
			err = c.Root.Mkdir(path, 0o700)
		default:
			err = c.Root.WriteFile(path, nil, 0o600)
		}
		if err != nil {
			return c.Fail("failed to create '%s': %v", name, reason(c, err))
		}
		return puts(c, name+"\n")
	}
	return c.Fail("too many files")
}
