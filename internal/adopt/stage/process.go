package stage

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/shell"
)

// process is what an ENTRYPOINT or a CMD runs.
func (in *interpreter) process(s *State, step *draft.Step, c instructions.ShellDependantCmdLine) *Process {
	p := &Process{Args: c.CmdLine, Step: step}
	if c.PrependShell && len(c.CmdLine) > 0 {
		p.Args, p.Note = ShellForm(c.CmdLine[0], s.shell)
	}
	return p
}

// ShellForm returns the arguments of a command that a shell would run. Where it
// is but a program with its arguments, no shell is needed, and signals reach the
// program.
func ShellForm(text string, sh []string) (args []string, note string) {
	if len(sh) == 0 {
		sh = []string{"/bin/sh", "-c"}
	}
	withShell := append(slices.Clone(sh), text)
	dynamic := false
	commands, err := shell.Parse(text, func(string) (string, bool) { dynamic = true; return "", true })
	if err != nil || len(commands) != 1 || dynamic {
		return withShell, "a shell runs it, as in the Dockerfile"
	}
	c := commands[0]
	for _, a := range c.Args {
		if !a.Known || a.Glob {
			return withShell, "a shell runs it, as in the Dockerfile"
		}
		args = append(args, a.Text)
	}
	if len(args) > 1 && args[0] == "exec" {
		args = args[1:]
	}
	if len(args) == 0 || !c.Plain || isBuiltin(args[0]) {
		return withShell, "a shell runs it, as in the Dockerfile"
	}
	return args, "no shell is needed for it, so that signals reach the program"
}

// isBuiltin reports whether only a shell has a command.
func isBuiltin(name string) bool {
	return slices.Contains([]string{"cd", ".", "source", "export", "set", "ulimit", "umask", ":", "[", "[[", "eval", "trap", "wait"}, name)
}

// runners start a program in an environment of their own.
var runners = map[string][]string{
	"uv": {"run"}, "poetry": {"run"}, "pipenv": {"run"}, "pdm": {"run"}, "rye": {"run"}, "hatch": {"run"},
}

// runnerValues are options of runners that have a value behind them.
var runnerValues = []string{"--extra", "--group", "--with", "--project", "--directory", "--python", "-p", "-n", "--name", "--env-file", "--package"}

// Program takes off what isn't in the image: "uv run", the directory of a virtual
// environment. note is "" where nothing changes.
func (s *State) Program(args []string) (out []string, note string) {
	if len(args) == 0 {
		return args, ""
	}
	if words := runners[path.Base(args[0])]; len(args) > 2 && len(words) > 0 && args[1] == words[0] {
		rest := args[2:]
		for len(rest) > 1 && strings.HasPrefix(rest[0], "-") && rest[0] != "-m" {
			n := 1
			if slices.Contains(runnerValues, rest[0]) {
				n = 2
			}
			if rest[0] == "--" {
				rest = rest[1:]
				break
			}
			rest = rest[min(n, len(rest)-1):]
		}
		if strings.HasSuffix(rest[0], ".py") || rest[0] == "-m" {
			rest = append([]string{"python"}, rest...)
		}
		return rest, "without " + args[0] + " " + args[1] + ", which the image doesn't have: its packages are the base's own"
	}
	if path.IsAbs(args[0]) && s.isVenvBin(path.Dir(args[0])) {
		out = append([]string{path.Base(args[0])}, args[1:]...)
		return out, "packages are in the base's own place, not in " + path.Dir(path.Dir(args[0]))
	}
	return args, ""
}
