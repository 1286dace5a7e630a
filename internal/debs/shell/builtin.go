package shell

import (
	"fmt"
	"strconv"
	"strings"
)

// builtins are the commands that change or tell the shell's own state.
var builtins map[string]func(s *state, args []string)

func init() {
	builtins = map[string]func(s *state, args []string){
		":": func(s *state, _ []string) { s.status = 0 }, "true": func(s *state, _ []string) { s.status = 0 },
		"false": func(s *state, _ []string) { s.status = 1 },
		"exit":  (*state).exit, "return": (*state).returnCmd,
		"break":    func(s *state, args []string) { s.leave1(breaking, args) },
		"continue": func(s *state, args []string) { s.leave1(continuing, args) },
		"shift":    (*state).shift, "set": (*state).setCmd, "unset": (*state).unsetCmd,
		"eval": func(s *state, args []string) { s.eval(strings.Join(args, " ")) },
		".":    (*state).source, "source": (*state).source,
		"exec": (*state).exec, "command": (*state).commandCmd, "type": (*state).typeCmd, "hash": ignore,
		"builtin": func(s *state, args []string) { s.run(append(args, ":")[:max(1, len(args))]) },
		"cd":      (*state).cd, "pwd": func(s *state, _ []string) { s.puts(s.dir + "\n") },
		"echo": (*state).echo, "printf": (*state).printf,
		"test": func(s *state, args []string) { s.status = s.test(args) }, "[": (*state).bracket,
		"read": (*state).read, "trap": (*state).trap, "umask": (*state).umaskCmd, "getopts": (*state).getopts,
		"wait": ignore, "kill": ignore, "ulimit": ignore, "alias": ignore, "unalias": ignore, "times": ignore,
		"jobs": ignore, "bg": ignore, "fg": ignore, "shopt": ignore, "disown": ignore, "enable": ignore,
		"export":   func(s *state, args []string) { s.declareWords("export", args) },
		"local":    func(s *state, args []string) { s.declareWords("local", args) },
		"readonly": func(s *state, args []string) { s.declareWords("readonly", args) },
		"pushd":    (*state).cd, "popd": ignore,
	}
}

func ignore(s *state, _ []string) { s.status = 0 }

func (s *state) puts(text string) {
	_, err := s.fd(1).w.Write([]byte(text))
	s.status = truth(err == nil)
}

// declareWords is export and its like, called in a way that isn't syntax.
func (s *state) declareWords(variant string, args []string) {
	s.status = 0
	for _, a := range args {
		name, value, given := strings.Cut(a, "=")
		if strings.HasPrefix(a, "-") {
			continue
		}
		s.declareOne(variant, "", name, given, func() { s.set(name, value) })
	}
}

func (s *state) exit(args []string) {
	if len(args) > 0 {
		s.status = statusOf(args[0])
	}
	s.flow = exiting
}

func statusOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 2
	}
	return n & 255
}

func (s *state) returnCmd(args []string) {
	if len(args) > 0 {
		s.status = statusOf(args[0])
	}
	s.flow = returning
}

func (s *state) leave1(f flow, args []string) {
	s.status = 0
	if s.loops == 0 {
		return
	}
	s.levels = 1
	if len(args) > 0 {
		s.levels = min(max(1, statusOf(args[0])), s.loops)
	}
	s.flow = f
}

func (s *state) unsetCmd(args []string) {
	s.status = 0
	functions := false
	for _, a := range args {
		switch {
		case a == "-f":
			functions = true
		case a == "-v":
			functions = false
		case functions:
			delete(s.funcs, a)
		default:
			s.unset(a)
		}
	}
}

// eval runs text as a part of the script.
func (s *state) eval(text string) {
	s.enter()
	defer s.leave()
	s.spend(len(text) * 10)
	file, err := parse(s.name, []byte(text))
	if err != nil {
		s.unreadable(err)
		return
	}
	if len(file.Stmts) == 0 {
		s.status = 0
	}
	s.stmts(file.Stmts)
}

// unreadable ends the script for what can't be parsed.
func (s *state) unreadable(err error) {
	if limit, ok := err.(*LimitError); ok { //nolint:errorlint // as parse returns it
		panic(stop{limit})
	}
	s.complain("Syntax error: %v", err)
	s.flow, s.status = exiting, 2
}

func (s *state) source(args []string) {
	if len(args) == 0 {
		s.status = 2
		return
	}
	s.enter()
	defer s.leave()
	path := s.abs(args[0])
	if !strings.Contains(args[0], "/") {
		if found := s.which(args[0]); found != "" {
			path = found
		}
	}
	text, replaced := s.Sourced[path]
	script := []byte(text)
	if !replaced {
		var err error
		if script, err = s.Root.ReadFile(path, maxScript); err != nil {
			s.complain(".: cannot open %s: No such file", args[0])
			s.status = 2
			if !s.bash {
				s.flow = exiting
			}
			return
		}
	}
	s.spend(len(script) * 10)
	file, err := parse(path, script)
	if err != nil {
		s.unreadable(fmt.Errorf("%s: %w", path, err))
		return
	}
	params := s.params
	if len(args) > 1 {
		s.params = args[1:]
	}
	s.status = 0
	s.stmts(file.Stmts)
	if len(args) > 1 {
		s.params = params
	}
	if s.flow == returning {
		s.flow = onward
	}
}

func (s *state) exec(args []string) {
	if len(args) == 0 {
		s.status = 0
		return
	}
	s.start(args)
	s.flow = exiting
	s.traps = map[string]string{}
}

func (s *state) cd(args []string) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "-" {
		args = args[1:]
	}
	to, _ := s.get("HOME")
	if len(args) > 0 {
		to = args[0]
	}
	if to == "-" {
		to, _ = s.get("OLDPWD")
	}
	path := clean(s.abs(to))
	if i, err := s.Root.Stat(path); err != nil || !i.Mode.IsDir() {
		s.complain("cd: can't cd to %s", to)
		s.status = 2
		return
	}
	s.set("OLDPWD", s.dir)
	s.dir, s.status = path, 0
	s.set("PWD", path)
}

// clean resolves "." and "..", as the shell does, without looking at links.
func clean(path string) string {
	var out []string
	for e := range strings.SplitSeq(path, "/") {
		switch e {
		case "", ".":
		case "..":
			out = out[:max(0, len(out)-1)]
		default:
			out = append(out, e)
		}
	}
	return "/" + strings.Join(out, "/")
}

func (s *state) trap(args []string) {
	s.status = 0
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) < 2 {
		return
	}
	for _, sig := range args[1:] {
		if sig == "0" {
			sig = "EXIT"
		}
		if args[0] == "-" {
			delete(s.traps, sig)
		} else {
			s.hold(len(args[0]))
			s.traps[sig] = args[0]
		}
	}
}

func (s *state) umaskCmd(args []string) {
	s.status = 0
	if len(args) == 0 {
		s.puts(fmt.Sprintf("%04o\n", s.umask))
		return
	}
	if n, err := strconv.ParseUint(args[0], 8, 12); err == nil {
		s.umask = uint32(n)
	}
}
