package shell

import (
	"fmt"
	"io"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/assemble-image/assemble/internal/debs/root"
)

// Call is one start of a [Command].
type Call struct {
	// Name is how it was called, Args what it was given.
	Name string
	Args []string
	// Stdin, Stdout and Stderr are its streams; nothing that fails there needs
	// to be looked at.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Root           *root.Root
	// Bash says that the script is bash's.
	Bash bool
	s    *state
}

func (s *state) newCall(args []string) *Call {
	return &Call{
		Name: args[0], Args: args[1:], Stdin: s.fd(0).r, Stdout: s.fd(1).w, Stderr: s.fd(2).w,
		Root: s.Root, Bash: s.bash, s: s,
	}
}

// Path returns an absolute path for one that may be relative to the directory
// that the script is in.
func (c *Call) Path(path string) string { return c.s.abs(path) }

// Dir is the directory that the script is in.
func (c *Call) Dir() string { return c.s.dir }

// Getenv returns a variable's value.
func (c *Call) Getenv(name string) string {
	value, _ := c.s.get(name)
	return value
}

// Setenv sets a variable of the shell that made the call.
func (c *Call) Setenv(name, value string) { c.s.set(name, value) }

// Umask is the script's.
func (c *Call) Umask() uint32 { return c.s.umask }

// Spend counts work (see [Limits]); it doesn't return if that was too much.
func (c *Call) Spend(n int) { c.s.spend(n) }

// Check ends the script if err says that a bound of the root was met.
func (c *Call) Check(err error) { c.s.check(err) }

// Match is the package's [Match], counted as work.
func (c *Call) Match(pattern, text string) bool { return c.s.match(pattern, text) }

// Fail prints "name: message" and returns 1.
func (c *Call) Fail(format string, args ...any) int {
	fmt.Fprintf(c.Stderr, c.Name+": "+format+"\n", args...)
	return 1
}

// Open opens a file as a redirection does.
func (c *Call) Open(path string, flags int) (io.Reader, io.Writer, error) {
	f, err := c.s.open(c.Path(path), flags)
	return f.r, f.w, err
}

// ReadAll reads a stream, within the bounds of memory.
func (c *Call) ReadAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, c.s.limits.Memory+1))
	c.s.hold(len(data))
	c.s.hold(-len(data))
	return data, err
}

// Run starts another command with the same streams, and returns its status.
func (c *Call) Run(args ...string) int {
	c.s.enter()
	defer c.s.leave()
	c.s.spend(perCommand)
	if len(args) == 0 {
		return 0
	}
	sub := c.s.clone()
	sub.fds[0], sub.fds[1], sub.fds[2] = stream{r: c.Stdin}, stream{w: c.Stdout}, stream{w: c.Stderr}
	sub.start(args)
	return sub.status
}

// Which returns the path of a program, or "".
func (c *Call) Which(name string) string { return c.s.which(name) }

// call runs a simple command.
func (s *state) call(c *syntax.CallExpr) {
	s.substituted = 0
	args := s.words(c.Args)
	if s.flow != onward {
		return
	}
	if len(args) == 0 {
		s.assign(c.Assigns)
		if s.flow == onward {
			s.status = s.substituted
		}
		return
	}
	held := size(args)
	s.hold(held)
	restore := s.assignFor(c.Assigns)
	s.run(args)
	restore()
	s.hold(-held)
}

// assignFor makes assignments that hold for one command.
func (s *state) assignFor(list []*syntax.Assign) (restore func()) {
	if len(list) == 0 {
		return func() {}
	}
	before := map[string]variable{}
	for _, a := range list {
		if _, kept := before[a.Name.Value]; !kept {
			before[a.Name.Value] = s.vars[a.Name.Value]
		}
		s.assignOne(a)
		v := s.vars[a.Name.Value]
		v.exported = true
		s.vars[a.Name.Value] = v
	}
	return func() {
		for name, v := range before {
			s.restore(name, v)
		}
	}
}

// run runs a command by its name: a function, one of the shell's own, or a
// program.
func (s *state) run(args []string) {
	if f, ok := s.funcs[args[0]]; ok {
		s.callFunction(f, args)
		return
	}
	if b, ok := builtins[args[0]]; ok {
		b(s, args[1:])
		return
	}
	s.start(args)
}

func (s *state) callFunction(f *function, args []string) {
	s.enter()
	defer s.leave()
	params, loops := s.params, s.loops
	s.params, s.loops = args[1:], 0
	s.locals = append(s.locals, map[string]variable{})
	s.inFunc++
	s.status = 0
	s.stmt(f.body)
	s.inFunc--
	for name, v := range s.locals[len(s.locals)-1] {
		s.restore(name, v)
	}
	s.locals = s.locals[:len(s.locals)-1]
	s.params, s.loops = params, loops
	if s.flow == returning {
		s.flow = onward
	}
}

// start runs a program.
func (s *state) start(args []string) {
	name := args[0]
	base := name[strings.LastIndexByte(name, '/')+1:]
	path := s.which(name)
	inPath := base == name || isBin(name)
	switch {
	case inPath && s.Commands[base] != nil:
		s.status = s.Commands[base](s.newCall(args))
	case path == "" && builtins[name] != nil: // "exec echo", "xargs printf"
		builtins[name](s, args[1:])
	case path == "":
		s.notFound(name)
	case inPath && s.Programs[base] != nil:
		s.status = s.Programs[base](s.newCall(args))
	default:
		s.execute(path, args)
	}
}

func (s *state) notFound(name string) {
	s.status = 127
	if strings.Contains(name, "/") && s.Root.Exists(s.abs(name)) {
		s.status = 126
		s.complain("%s: Permission denied", name)
		return
	}
	if s.Missing != nil {
		s.Missing(name)
	}
	s.complain("%s: not found", name)
}

// execute starts a program that the root has.
func (s *state) execute(path string, args []string) {
	script, err := s.Root.ReadFile(path, maxScript)
	if err == nil {
		if program, options, ok := interpreter(script); ok && isShell(program) {
			s.child(program, options, path, script, args[1:])
			return
		}
	}
	if s.Unknown == nil {
		s.complain("%s: cannot execute", args[0])
		s.status = 126
		return
	}
	s.status = s.Unknown(s.newCall(args), path)
}

// child interprets another script, which sees what is exported.
func (s *state) child(program string, options []string, path string, script []byte, args []string) {
	s.enter()
	defer s.leave()
	file, err := parse(path, script)
	if err != nil {
		panic(stop{fmt.Errorf("%s: %w", path, err)})
	}
	c, held := newState(s.env, path, args), s.memory
	for name, v := range s.vars {
		if v.exported && v.set {
			c.vars[name] = v
		}
	}
	c.fds, c.dir, c.umask, c.bash = s.fds, s.dir, s.umask, program == "bash"
	c = c.clone()
	for _, o := range options {
		c.setFlags(o)
	}
	c.script(file.Stmts)
	s.memory = held
	s.status = c.status
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// which returns where a program of the root lies, or "".
func (s *state) which(name string) string {
	if strings.Contains(name, "/") {
		return s.executable(s.abs(name))
	}
	path, set := s.get("PATH")
	if !set {
		path = defaultPath
	}
	for dir := range strings.SplitSeq(path, ":") {
		if p := s.executable(strings.TrimSuffix(dir, "/") + "/" + name); p != "" && name != "" {
			return p
		}
	}
	return ""
}

func (s *state) executable(path string) string {
	if i, err := s.Root.Stat(path); err == nil && i.Mode.IsRegular() && i.Mode.Perm()&0o111 != 0 {
		return path
	}
	return ""
}

// isBin reports whether a path lies where the system's programs are.
func isBin(path string) bool {
	dir := path[:strings.LastIndexByte(path, '/')+1]
	switch strings.TrimPrefix(dir, "/usr") {
	case "/bin/", "/sbin/":
		return true
	}
	return false
}
