package tools

import (
	"bytes"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

func readlink(c *shell.Call) int {
	o, good := parse(c, "femnqsvz", map[string]byte{
		"canonicalize": 'f', "canonicalize-existing": 'e', "canonicalize-missing": 'm', "no-newline": 'n',
		"quiet": 'q', "silent": 'q', "strip": 's',
	})
	if !good {
		return 1
	}
	status := 0
	for _, name := range o.rest {
		var out string
		var err error
		path := c.Path(name)
		switch {
		case o.has('e'):
			out, err = c.Root.Real(path, root.NothingMissing)
		case o.has('m'):
			out, err = c.Root.Real(path, root.Anything)
		case o.has('f') || c.Name == "realpath":
			out, err = c.Root.Real(path, root.LastMissing)
		default:
			out, err = c.Root.Readlink(path)
		}
		if err != nil {
			c.Check(err)
			status = 1
			continue
		}
		if !o.has('n') {
			out += "\n"
		}
		puts(c, out)
	}
	return status
}

func basename(c *shell.Call) int {
	o, good := parse(c, "as:", map[string]byte{"suffix": 's', "multiple": 'a'})
	if !good || len(o.rest) == 0 {
		return c.Fail("missing operand")
	}
	suffix := o.values['s']
	names := o.rest
	if !o.has('a') && !o.has('s') {
		names = o.rest[:1]
		if len(o.rest) > 1 {
			suffix = o.rest[1]
		}
	}
	for _, name := range names {
		base := baseOf(name)
		if base != suffix {
			base = strings.TrimSuffix(base, suffix)
		}
		puts(c, base+"\n")
	}
	return 0
}

func dirname(c *shell.Call) int {
	for _, name := range c.Args {
		path := strings.TrimRight(name, "/")
		i := strings.LastIndexByte(path, '/')
		switch {
		case path == "" && name != "":
			path = "/"
		case i < 0:
			path = "."
		default:
			if path = strings.TrimRight(path[:i], "/"); path == "" {
				path = "/"
			}
		}
		puts(c, path+"\n")
	}
	return 0
}

func which(c *shell.Call) int {
	status := 0
	for _, name := range c.Args {
		if strings.HasPrefix(name, "-") {
			continue
		}
		path := c.Which(name)
		if path == "" {
			status = 1
			continue
		}
		puts(c, path+"\n")
	}
	return status
}

func stat(c *shell.Call) int {
	o, good := parse(c, "c:Lft", map[string]byte{"format": 'c', "printf": 'p', "dereference": 'L'})
	if !good {
		return 1
	}
	if !o.has('c') && !o.has('p') {
		return c.Fail("only formats are known")
	}
	status := 0
	for _, name := range o.rest {
		look := c.Root.Lstat
		if o.has('L') {
			look = c.Root.Stat
		}
		i, err := look(c.Path(name))
		if err != nil {
			status = c.Fail("cannot statx '%s': %v", name, reason(c, err))
			continue
		}
		format, end := o.values['c'], "\n"
		if o.has('p') {
			format, end = strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(o.values['p']), ""
		}
		puts(c, strings.NewReplacer(
			"%a", strconv.FormatUint(uint64(toUnix(i.Mode)), 8), "%u", strconv.Itoa(i.UID), "%g", strconv.Itoa(i.GID),
			"%U", nameOf(c, passwdFile, i.UID), "%G", nameOf(c, groupFile, i.GID), "%s", strconv.FormatInt(i.Size, 10),
			"%n", name, "%F", kindOf(i.Mode), "%Y", "0", "%Z", "0", "%X", "0", "%h", "1", "%d", "1", "%i", "1", "%%", "%",
		).Replace(format)+end)
	}
	return status
}

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "directory"
	case m&fs.ModeSymlink != 0:
		return "symbolic link"
	}
	return "regular file"
}

func ls(c *shell.Call) int {
	o, good := parse(c, "1aAdlLhtrnRFi", map[string]byte{"all": 'a', "almost-all": 'A', "directory": 'd', "color": 'F'})
	if !good {
		return 2
	}
	if o.has('R') {
		return c.Fail("-R is not known")
	}
	if len(o.rest) == 0 {
		o.rest = []string{"."}
	}
	status := 0
	for _, name := range o.rest {
		i, err := c.Root.Lstat(c.Path(name))
		if err != nil {
			c.Fail("cannot access '%s': %v", name, reason(c, err))
			status = 2
			continue
		}
		if o.has('d') || !isDir(c, name) {
			list(c, o, name, i)
			continue
		}
		entries, err := c.Root.ReadDir(c.Path(name))
		if err != nil {
			status = 2
			continue
		}
		for _, e := range entries {
			c.Spend(10)
			if !strings.HasPrefix(e.Name, ".") || o.has('a') || o.has('A') {
				list(c, o, e.Name, e)
			}
		}
	}
	return status
}

func list(c *shell.Call, o options, name string, i root.Info) {
	if !o.has('l') && !o.has('n') {
		puts(c, name+"\n")
		return
	}
	user, group := nameOf(c, passwdFile, i.UID), nameOf(c, groupFile, i.GID)
	if o.has('n') {
		user, group = strconv.Itoa(i.UID), strconv.Itoa(i.GID)
	}
	mode := []byte(i.Mode.String())
	for len(mode) > 10 {
		mode = mode[1:]
	}
	if i.Mode&fs.ModeSymlink != 0 {
		mode[0] = 'l'
		name += " -> " + i.Link
	}
	puts(c, fmt.Sprintf("%s 1 %s %s %d Jan  1  1970 %s\n", mode, user, group, i.Size, name))
}

// cmp compares two files; diff does the same, and tells only that they differ.
func cmp(c *shell.Call) int {
	o, good := parse(c, "slquwbBN", map[string]byte{"silent": 's', "quiet": 's', "brief": 'q', "unified": 'u'})
	if !good || len(o.rest) != 2 {
		return 2
	}
	a, errA := read(c, o.rest[0])
	b, errB := read(c, o.rest[1])
	if errA != nil || errB != nil {
		if !o.has('s') {
			c.Fail("%s or %s: %v", o.rest[0], o.rest[1], root.ErrNotExist)
		}
		return 2
	}
	if bytes.Equal(a, b) {
		return 0
	}
	if !o.has('s') {
		puts(c, fmt.Sprintf("%s %s differ\n", o.rest[0], o.rest[1]))
	}
	return 1
}

// runParts runs, or lists, the programs in a directory (run-parts(8)).
func runParts(c *shell.Call) int {
	o, good := parse(c, "a:v", map[string]byte{"list": 'l', "test": 'l', "arg": 'a', "verbose": 'v', "report": 'v', "regex": 'x', "lsbsysinit": 's', "exit-on-error": 'e'})
	if !good || len(o.rest) != 1 {
		return 1
	}
	entries, err := c.Root.ReadDir(c.Path(o.rest[0]))
	if err != nil {
		return c.Fail("failed to open directory %s: %v", o.rest[0], reason(c, err))
	}
	status := 0
	for _, e := range entries {
		if strings.Trim(e.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			continue
		}
		path := join(o.rest[0], e.Name)
		if o.has('l') {
			puts(c, path+"\n")
			continue
		}
		if c.Which(c.Path(path)) == "" {
			continue
		}
		args := []string{c.Path(path)}
		if o.has('a') {
			args = append(args, o.values['a'])
		}
		if s := c.Run(args...); s != 0 {
			status = s
		}
	}
	return status
}
