package stage

import (
	"io/fs"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/assemble-image/assemble/internal/adopt/dockerfile"
	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/shell"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// command is one command of a RUN, on the way through the table of commands.
type command struct {
	in   *interpreter
	s    *State
	step *draft.Step
	// name is the program's, without its directory; args are the arguments.
	name string
	args []string
	// unknown says that some argument shows only when the command runs.
	unknown bool
	// cwd is the directory that the RUN is in.
	cwd      *string
	building bool
	mounts   []*instructions.Mount
}

// run is RUN: each command is a step.
func (in *interpreter) run(s *State, i *dockerfile.Instruction, c *instructions.RunCommand, building bool) {
	if i.Err != nil {
		leave(in.step(i), "it can't be read: "+draft.OneLine(i.Err.Error()))
		return
	}
	script := i.Script()
	cwd := s.Workdir.Value
	if cwd == "" {
		cwd = "/"
	}
	like := command{in: in, s: s, cwd: &cwd, building: building, mounts: in.mounts(s, c)}
	if script.Args != nil {
		step := in.step(i)
		like.step = step
		like.dispatch(script.Args)
		return
	}
	if script.Shell != "" && !isShell(script.Shell) {
		leave(in.step(i), "a program runs it while the image is built: run it beforehand, and list what it makes under app:")
		return
	}
	commands, err := shell.Parse(script.Text, s.inScript)
	if err != nil {
		leave(in.step(i), draft.OneLine(err.Error())+"; see what it does, and what of it the config can say")
		return
	}
	for _, sc := range commands {
		in.runCommand(like, script, sc)
	}
}

// mounts are a RUN's, with their variables expanded.
func (in *interpreter) mounts(s *State, c *instructions.RunCommand) []*instructions.Mount {
	err := c.Expand(func(word string) (string, error) {
		value, err := in.expand(s, word)
		return marked.ReplaceAllString(value, ""), err
	})
	if err != nil {
		return nil
	}
	return instructions.GetMounts(c)
}

// runCommand follows one command of a script.
func (in *interpreter) runCommand(c command, script dockerfile.Script, sc shell.Command) {
	c.step = &draft.Step{Place: draft.Place{File: in.opt.Name, Line: script.LineAt(sc.Offset)}, Text: "RUN " + Redact(sc.Text)}
	in.result.Steps = append(in.result.Steps, c.step)
	switch {
	case sc.Why != "":
		leave(c.step, sc.Why+": see what it does, and do it beforehand")
		return
	case len(sc.Pipeline) > 0:
		c.pipeline(sc)
		return
	case len(sc.Args) == 0:
		skip(c.step, "it does nothing")
		return
	case sc.Writes:
		c.writes(sc)
		return
	}
	words := make([]string, 0, len(sc.Args))
	for _, a := range sc.Args {
		c.unknown = c.unknown || !a.Known
		words = append(words, a.Text)
	}
	c.dispatch(words)
}

// writes judges a command whose output goes into a file.
func (c *command) writes(sc shell.Command) {
	to := draft.Line(sc.To.Text)
	switch {
	case !sc.To.Known || to == "":
		leave(c.step, "it writes a file: make that file beforehand, and list it under app:")
	case strings.HasPrefix(to, "/etc/apt/"):
		leave(c.step, "another source of packages: packages: {install: […], sources: […]} names it")
	case to == "/etc/timezone" || to == "/etc/localtime":
		skip(c.step, "timezone: writes it")
	case hasPrefixAny(to, "/tmp/", "/var/tmp/", "/dev/"):
		skip(c.step, "it is gone when the image is built")
	default:
		leave(c.step, "make that file beforehand, and list it under app: {from: …, to: "+absoluteIn(*c.cwd, to)+"}")
	}
}

// installer is a script that installs a tool which only installing needs.
var installer = lazyregexp.New(`(?i)(poetry|[/.]uv[/ ]|/uv$|get-pip|pdm|pipenv)`)

// pipeline judges a | b.
func (c *command) pipeline(sc shell.Command) {
	first, last := path.Base(sc.Pipeline[0].Text), path.Base(sc.Pipeline[len(sc.Pipeline)-1].Text)
	if n, ok := wrappers[last]; ok && n == 0 { // sudo -E bash
		last = "sh"
	}
	download := first == "curl" || first == "wget"
	switch runs := isShell(last) || strings.HasPrefix(last, "python"); {
	case runs && download && installer.MatchString(sc.Text):
		skip(c.step, "only installing needs it")
	case runs:
		leave(c.step, "a program from elsewhere runs while the image is built: see what it installs; wheels and Debian packages need no script, other files go under app:")
	case strings.Contains(sc.Text, "/etc/apt/") || strings.Contains(sc.Text, "apt-key") || strings.Contains(sc.Text, "keyring"):
		leave(c.step, "another source of packages: packages: {install: […], sources: […], keyring: …} names it and its key")
	case sc.Writes:
		c.writes(sc)
	case first == "find" && (strings.Contains(sc.Text, "pyc") || strings.Contains(sc.Text, "__pycache__")):
		skip(c.step, "no compiled modules are in the image")
	case download:
		leave(c.step, "download it beforehand, check its digest, and list it under app:")
	default:
		leave(c.step, "see what it makes, make that beforehand, and list it under app:")
	}
}

// wrappers run the command that follows them.
var wrappers = map[string]int{"sudo": 0, "exec": 0, "eatmydata": 0, "time": 0, "nice": 0, "command": 0, "env": 0, "gosu": 1, "su-exec": 1, "chronic": 0}

// dispatch looks the command up in the table.
func (c *command) dispatch(words []string) {
	for len(words) > 0 {
		n, ok := wrappers[path.Base(words[0])]
		if !ok || len(words) < n+2 {
			break
		}
		words = words[n+1:]
		for len(words) > 1 && (strings.HasPrefix(words[0], "-") || strings.Contains(words[0], "=")) {
			words = words[1:]
		}
	}
	if len(words) == 0 {
		skip(c.step, "it does nothing")
		return
	}
	c.name, c.args = path.Base(words[0]), words[1:]
	follow, ok := commandTable()[c.name]
	switch {
	case ok:
		follow(c)
	case strings.HasPrefix(c.name, "python") || strings.HasPrefix(c.name, "pypy"):
		python(c)
	default:
		c.other(words)
	}
}

func isShell(name string) bool {
	first, rest, _ := strings.Cut(strings.TrimSpace(name), " ")
	if path.Base(first) == "env" {
		first = rest
	}
	switch path.Base(first) {
	case "sh", "bash", "dash", "ash", "zsh":
		return true
	}
	return false
}

// here makes a path of a command absolute.
func (c *command) here(p string) string { return absoluteIn(*c.cwd, p) }

func absoluteIn(dir, p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join("/", dir, p)
}

// exists and isDir look into the build context.
func (in *interpreter) exists(p string) bool {
	if in.opt.Context == nil || !fs.ValidPath(p) {
		return false
	}
	_, err := fs.Stat(in.opt.Context, p)
	return err == nil
}

func (in *interpreter) isDir(p string) bool {
	if in.opt.Context == nil || !fs.ValidPath(p) {
		return false
	}
	fi, err := fs.Stat(in.opt.Context, p)
	return err == nil && fi.IsDir()
}
