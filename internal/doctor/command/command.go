// Package command reads what an image's command starts: the programs, one handing
// over to the next, and the Python modules and files that the last one loads.
//
// Start with [Read]. What isn't understood is left out: a command is checked as
// far as it can be followed.
package command

import (
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Start is what a command comes to.
type Start struct {
	// Programs are those that are started, each by the one before.
	Programs []string
	// Modules must be importable, and Scripts be files, for the last program.
	Modules []Module
	Scripts []string
	// Dir is where the last program changes to before it loads modules, and Path
	// what it is told to look for them in, "" for none.
	Dir  string
	Path []string
	// Code is the text that Python is told to run (-c).
	Code string
	// Server is the name of the last program where it is known, such as gunicorn.
	Server string
	// Args are the last program's.
	Args []string
}

// Module is a module that a program loads.
type Module struct {
	Name string
	// Run says that it is run as a program, as python -m does: a package needs a
	// __main__ then.
	Run bool
}

const maxPrograms = 16

// Read follows a command. env has the variables of the image.
func Read(argv []string, env map[string]string) Start {
	s := Start{}
	for len(argv) > 0 && len(s.Programs) < maxPrograms {
		s.Programs = append(s.Programs, argv[0])
		name, args := path.Base(argv[0]), argv[1:]
		s.Args = args
		next, ok := through(name, args)
		if !ok {
			s.load(name, args, env)
			return s
		}
		argv = next
	}
	return s
}

// through returns the command that a program hands over to; false for one that
// does something itself.
func through(name string, args []string) ([]string, bool) {
	switch name {
	case "tini", "tini-static", "dumb-init", "catatonit":
		return afterOptions(args, "-p", "-e", "-r", "--rewrite"), true
	case "gosu", "su-exec", "setpriv", "chroot":
		rest := afterOptions(args, "--reuid", "--regid", "--groups", "--inh-caps")
		if name != "setpriv" && len(rest) > 0 {
			rest = rest[1:]
		}
		return rest, true
	case "env":
		rest := afterOptions(args, "-u", "--unset", "-C", "--chdir", "-S")
		for len(rest) > 0 && strings.Contains(rest[0], "=") {
			rest = rest[1:]
		}
		return rest, true
	case "exec", "nohup", "setsid", "ddtrace-run", "newrelic-admin", "opentelemetry-instrument", "stdbuf", "nice", "ionice", "timeout":
		rest := afterOptions(args, "-n", "-c", "-o", "-e", "-i", "-s", "-k", "--signal", "--kill-after")
		if (name == "timeout" || name == "newrelic-admin") && len(rest) > 0 {
			rest = rest[1:]
		}
		return rest, true
	case "sh", "bash", "dash", "ash":
		return shell(args)
	}
	return nil, false
}

// afterOptions are the arguments after the options, of which the named ones take
// a value each.
func afterOptions(args []string, valued ...string) []string {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if args[0] == "--" {
			return args[1:]
		}
		skip := 1
		for _, v := range valued {
			if args[0] == v {
				skip = 2
			}
		}
		args = args[min(skip, len(args)):]
	}
	return args
}

// shell reads the first command of "sh -c", as far as it is made of plain words.
func shell(args []string) ([]string, bool) {
	at := 0
	for at < len(args) && strings.HasPrefix(args[at], "-") && !strings.HasSuffix(args[at], "c") {
		at++
	}
	if at+1 >= len(args) || !strings.HasPrefix(args[at], "-") {
		if at < len(args) {
			return []string{args[at]}, true // a script
		}
		return nil, false
	}
	words := Words(args[at+1])
	for len(words) > 0 && (words[0] == "exec" || assignment.MatchString(words[0])) {
		words = words[1:]
	}
	if len(words) == 0 || builtins[words[0]] {
		return nil, false
	}
	return words, true
}

var assignment = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*=`)

// builtins are words of a shell that are no programs.
var builtins = map[string]bool{
	"cd": true, "set": true, "export": true, "if": true, "for": true, "while": true, "until": true, "case": true, "test": true, "[": true, ".": true,
	"source": true, "trap": true, "umask": true, "ulimit": true, ":": true, "echo": true, "eval": true, "read": true, "wait": true, "printf": true, "{": true, "(": true, "true": true,
}

// Words cuts the first command off a shell's text: plain and quoted words up to
// what only a shell understands. A word with a variable is empty.
func Words(text string) []string {
	var words []string
	var word strings.Builder
	inWord, unknown := false, false
	end := func() {
		if inWord {
			if unknown {
				word.Reset()
			}
			words = append(words, word.String())
		}
		word.Reset()
		inWord, unknown = false, false
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == ' ' || c == '\t':
			end()
		case strings.IndexByte("\n;&|<>()", c) >= 0:
			end()
			return words
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] != '\n' {
				word.WriteByte(text[i])
				inWord = true
			}
		case c == '\'' || c == '"':
			inWord = true
			for i++; i < len(text) && text[i] != c; i++ {
				unknown = unknown || c == '"' && (text[i] == '$' || text[i] == '`')
				word.WriteByte(text[i])
			}
		default:
			unknown = unknown || c == '$' || c == '`' || c == '*'
			word.WriteByte(c)
			inWord = true
		}
	}
	end()
	return words
}
