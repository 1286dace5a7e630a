package tools

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

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
