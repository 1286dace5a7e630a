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
