package tools

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

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
