package tools

import (
	"regexp"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// sedCommand is one command of a sed script, with its addresses.
type sedCommand struct {
	from, to *sedAddress
	negated  bool
	active   bool // between the two addresses
	name     byte
	re       *regexp.Regexp
	text     string // replacement, inserted text, label or file
	global   bool
	print    bool
	nth      int
	end      int // of { }
}

type sedAddress struct {
	line int // 0: a pattern; -1: $
	re   *regexp.Regexp
}

// sed edits text (POSIX, sed): the commands s y d p P D a i c q n N h H g G x b
// t = { } with addresses, and -n -e -f -i -E -s.
func sed(c *shell.Call) int {
	args := c.Args
	for i, a := range args { // -i has a value only where it is attached
		if strings.HasPrefix(a, "-i") && len(a) > 2 {
			args[i] = "-Z" + a[2:]
		}
	}
	o, good := parseSed(c)
	if !good {
		return 1
	}
	p := &sedParser{c: c, text: o.script, extended: o.has('E') || o.has('r')}
	if err := p.parse(); err != nil {
		return c.Fail("-e expression: %v", err)
	}
	inPlace := o.has('i') || o.has('Z')
	if !inPlace {
		var all []string
		status := inputs(c, o.rest, func(_ string, data []byte) { all = append(all, lines(data)...) })
		m := &sedMachine{c: c, list: p.list, lines: all, quiet: o.has('n')}
		m.run()
		puts(c, m.out.String())
		return max(status, m.status)
	}
	for _, name := range o.rest {
		data, err := read(c, name)
		if err != nil {
			return c.Fail("can't read %s: %v", name, reason(c, err))
		}
		m := &sedMachine{c: c, list: p.list, lines: lines(data), quiet: o.has('n')}
		m.run()
		out := m.out.String()
		if len(data) > 0 && data[len(data)-1] != '\n' {
			out = strings.TrimSuffix(out, "\n")
		}
		path := c.Path(name)
		i, err := c.Root.Stat(path)
		if err == nil {
			if o.values['Z'] != "" {
				_ = c.Root.WriteFile(path+o.values['Z'], data, i.Mode.Perm()) // a full root shows below
			}
			// sed renames a new file over the old one, whatever other names
			// that has.
			_ = c.Root.Remove(path)
			if err = writeFile(c, path, []byte(out), i.Mode); err == nil {
				err = c.Root.Chown(path, i.UID, i.GID, false)
			}
		}
		if err != nil {
			return c.Fail("couldn't write %s: %v", name, reason(c, err))
		}
	}
	return 0
}

type sedOptions struct {
	options
	script string
}

// parseSed reads the options; -e and -f may be given several times.
func parseSed(c *shell.Call) (sedOptions, bool) {
	var scripts []string
	var args []string
	for i := 0; i < len(c.Args); i++ {
		a := c.Args[i]
		long := strings.TrimPrefix(a, "--expression=")
		switch {
		case a == "-e" && i+1 < len(c.Args), a == "--expression" && i+1 < len(c.Args):
			i++
			scripts = append(scripts, c.Args[i])
		case long != a:
			scripts = append(scripts, long)
		case len(a) > 2 && a[0] == '-' && a[1] != '-' && strings.HasSuffix(a, "e") && strings.Trim(a[1:len(a)-1], "nEriszu") == "" && i+1 < len(c.Args):
			args = append(args, a[:len(a)-1]) // -ne SCRIPT
			i++
			scripts = append(scripts, c.Args[i])
		default:
			args = append(args, a)
		}
	}
	c.Args = args
	o, good := parse(c, "nf:iErszuZ:", map[string]byte{"quiet": 'n', "silent": 'n', "in-place": 'i', "regexp-extended": 'E', "file": 'f', "separate": 's', "posix": 'u', "follow-symlinks": 'u'})
	if !good {
		return sedOptions{}, false
	}
	if o.has('f') {
		data, err := read(c, o.values['f'])
		if err != nil {
			c.Fail("couldn't open file %s: %v", o.values['f'], reason(c, err))
			return sedOptions{}, false
		}
		scripts = append(scripts, string(data))
	}
	if len(scripts) == 0 {
		if len(o.rest) == 0 {
			c.Fail("no script")
			return sedOptions{}, false
		}
		scripts, o.rest = o.rest[:1], o.rest[1:]
	}
	return sedOptions{o, strings.Join(scripts, "\n")}, true
}
