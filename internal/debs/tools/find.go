package tools

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

// finder walks directories and evaluates find's expression for each path.
type finder struct {
	c                  *shell.Call
	follow             bool
	minDepth, maxDepth int
	depthFirst         bool
	expr               test
	acts               bool // an action other than -print is in the expression
	prune              bool
	batches            []*batch
	status             int
}

// test is one primary of an expression; it may act.
type test func(f *finder, path string, i root.Info) bool

// batch is an -exec … +.
type batch struct{ command, paths []string }

// find is POSIX's find, with the primaries that scripts use.
func find(c *shell.Call) int {
	f := &finder{c: c, maxDepth: 1 << 20}
	args := c.Args
	var starts []string
	for len(args) > 0 && (args[0] == "" || strings.IndexByte("-(!", args[0][0]) < 0 || args[0] == "-L" || args[0] == "-H" || args[0] == "-P") {
		if args[0] == "-L" {
			f.follow = true
		} else if args[0] != "-H" && args[0] != "-P" {
			starts = append(starts, args[0])
		}
		args = args[1:]
	}
	if len(starts) == 0 {
		starts = []string{"."}
	}
	p := &findParser{f: f, args: args}
	f.expr = p.or()
	if p.err == nil && len(p.args) > 0 {
		p.err = fmt.Errorf("unexpected argument '%s'", p.args[0])
	}
	if p.err != nil {
		return c.Fail("%v", p.err)
	}
	for _, s := range starts {
		f.walk(s, 0)
	}
	for _, b := range f.batches {
		if len(b.paths) > 0 && c.Run(append(append([]string(nil), b.command...), b.paths...)...) != 0 {
			f.status = 1
		}
	}
	return f.status
}

func (f *finder) walk(path string, depth int) {
	f.c.Spend(100 + 20*len(path))
	look := f.c.Root.Lstat
	if f.follow {
		look = f.c.Root.Stat
	}
	i, err := look(f.c.Path(path))
	if err != nil {
		f.c.Fail("'%s': %v", path, reason(f.c, err))
		f.status = 1
		return
	}
	f.prune = false
	if !f.depthFirst && depth >= f.minDepth {
		f.visit(path, i)
	}
	if i.Mode.IsDir() && !f.prune && depth < f.maxDepth && depth < 200 {
		list, err := f.c.Root.ReadDir(f.c.Path(path))
		if err == nil {
			for _, e := range list {
				f.walk(join(path, e.Name), depth+1)
			}
		}
	}
	if f.depthFirst && depth >= f.minDepth {
		f.visit(path, i)
	}
}

func (f *finder) visit(path string, i root.Info) {
	if f.expr == nil || f.expr(f, path, i) {
		if !f.acts {
			puts(f.c, path+"\n")
		}
	}
}

type findParser struct {
	f     *finder
	args  []string
	err   error
	depth int
}

func (p *findParser) take() string {
	if len(p.args) == 0 {
		p.err = fmt.Errorf("missing argument")
		return ""
	}
	a := p.args[0]
	p.args = p.args[1:]
	return a
}

func (p *findParser) peek(words ...string) bool {
	for _, w := range words {
		if len(p.args) > 0 && p.args[0] == w {
			return true
		}
	}
	return false
}

func (p *findParser) or() test {
	x := p.and()
	for p.err == nil && p.peek("-o", "-or") {
		p.take()
		a, b := x, p.and()
		x = func(f *finder, path string, i root.Info) bool { return a(f, path, i) || b(f, path, i) }
	}
	return x
}

func (p *findParser) and() test {
	var x test
	for p.err == nil && len(p.args) > 0 && !p.peek("-o", "-or", ")") {
		if p.peek("-a", "-and") {
			p.take()
			continue
		}
		y := p.not()
		if x == nil {
			x = y
			continue
		}
		a := x
		x = func(f *finder, path string, i root.Info) bool { return a(f, path, i) && y(f, path, i) }
	}
	if x == nil {
		x = func(*finder, string, root.Info) bool { return true }
	}
	return x
}

func (p *findParser) not() test {
	if p.depth++; p.depth > 200 {
		p.err = fmt.Errorf("the expression is too long")
	}
	if p.err != nil {
		return nil
	}
	switch {
	case p.peek("!", "-not"):
		p.take()
		x := p.not()
		return func(f *finder, path string, i root.Info) bool { return !x(f, path, i) }
	case p.peek("("):
		p.take()
		x := p.or()
		if p.take() != ")" {
			p.err = fmt.Errorf("missing ')'")
		}
		return x
	}
	return p.primary(p.take())
}

func (p *findParser) primary(name string) test {
	yes := func(*finder, string, root.Info) bool { return true }
	switch name {
	case "-name", "-iname":
		pattern := p.take()
		return func(f *finder, path string, _ root.Info) bool {
			base := baseOf(path)
			if name == "-iname" {
				return f.c.Match(strings.ToLower(pattern), strings.ToLower(base))
			}
			return f.c.Match(pattern, base)
		}
	case "-path", "-wholename", "-lname":
		pattern := p.take()
		return func(f *finder, path string, i root.Info) bool {
			if name == "-lname" {
				return i.Link != "" && f.c.Match(pattern, i.Link)
			}
			return f.c.Match(pattern, path)
		}
	case "-type", "-xtype":
		return typeTest(name, p.take())
	case "-maxdepth", "-mindepth":
		n, err := strconv.Atoi(p.take())
		if err != nil {
			p.err = err
		}
		if name == "-maxdepth" {
			p.f.maxDepth = n
		} else {
			p.f.minDepth = n
		}
		return yes
	case "-depth":
		p.f.depthFirst = true
		return yes
	case "-xdev", "-mount", "-noleaf", "-follow":
		return yes
	case "-newer":
		ref, err := p.f.c.Root.Stat(p.f.c.Path(p.take()))
		if err != nil {
			p.err = err
		}
		return func(_ *finder, _ string, i root.Info) bool { return i.Changed > ref.Changed }
	case "-empty":
		return func(f *finder, path string, i root.Info) bool {
			if i.Mode.IsDir() {
				list, err := f.c.Root.ReadDir(f.c.Path(path))
				return err == nil && len(list) == 0
			}
			return i.Mode.IsRegular() && i.Size == 0
		}
	case "-user", "-group", "-uid", "-gid", "-perm":
		return p.attribute(name, p.take())
	}
	return p.action(name)
}

func typeTest(name, kinds string) test {
	return func(f *finder, path string, i root.Info) bool {
		if name == "-xtype" {
			if real, err := f.c.Root.Stat(f.c.Path(path)); err == nil {
				i = real
			}
		}
		kind := "f"
		switch {
		case i.Mode.IsDir():
			kind = "d"
		case i.Mode&fs.ModeSymlink != 0:
			kind = "l"
		}
		return strings.Contains(kinds, kind)
	}
}

func (p *findParser) attribute(name, value string) test {
	switch name {
	case "-perm":
		m, err := parseMode(strings.TrimLeft(value, "-/"), 0, false)
		if err != nil {
			p.err = err
		}
		want := toUnix(m)
		return func(_ *finder, _ string, i root.Info) bool {
			have := toUnix(i.Mode)
			switch value[0] {
			case '-':
				return have&want == want
			case '/':
				return have&want != 0 || want == 0
			}
			return have == want
		}
	case "-user", "-uid":
		uid, _, err := owner(p.f.c, value)
		if err != nil {
			p.err = err
		}
		return func(_ *finder, _ string, i root.Info) bool { return i.UID == uid }
	}
	_, gid, err := owner(p.f.c, ":"+value)
	if err != nil {
		p.err = err
	}
	return func(_ *finder, _ string, i root.Info) bool { return i.GID == gid }
}

func (p *findParser) action(name string) test {
	p.f.acts = true
	switch name {
	case "-print":
		return func(f *finder, path string, _ root.Info) bool { return puts(f.c, path+"\n") == 0 }
	case "-print0":
		return func(f *finder, path string, _ root.Info) bool { return puts(f.c, path+"\x00") == 0 }
	case "-printf":
		format := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\0`, "\x00").Replace(p.take())
		return func(f *finder, path string, i root.Info) bool {
			return puts(f.c, strings.NewReplacer("%p", path, "%f", baseOf(path), "%l", i.Link, "%m", strconv.FormatUint(uint64(toUnix(i.Mode)), 8), "%s", strconv.FormatInt(i.Size, 10)).Replace(format)) == 0
		}
	case "-prune":
		return func(f *finder, _ string, _ root.Info) bool { f.prune = true; return true }
	case "-delete":
		p.f.depthFirst = true
		return func(f *finder, path string, _ root.Info) bool {
			err := f.c.Root.Remove(f.c.Path(path))
			if err != nil {
				f.c.Fail("cannot delete '%s': %v", path, reason(f.c, err))
				f.status = 1
			}
			return err == nil
		}
	case "-quit":
		p.err = fmt.Errorf("-quit is not interpreted")
		return nil
	case "-exec", "-execdir", "-ok":
		return p.exec()
	}
	p.err = fmt.Errorf("unknown predicate '%s'", name)
	return nil
}

func (p *findParser) exec() test {
	var command []string
	for p.err == nil {
		a := p.take()
		if a == ";" {
			return func(f *finder, path string, _ root.Info) bool {
				args := make([]string, 0, len(command))
				for _, a := range command {
					args = append(args, strings.ReplaceAll(a, "{}", path))
				}
				return f.c.Run(args...) == 0
			}
		}
		if a == "+" && len(command) > 0 && command[len(command)-1] == "{}" {
			b := &batch{command: command[:len(command)-1]}
			p.f.batches = append(p.f.batches, b)
			return func(_ *finder, path string, _ root.Info) bool { b.paths = append(b.paths, path); return true }
		}
		command = append(command, a)
	}
	return nil
}
