package command

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// moduleName is what a server takes: a module and what is in it, as main:app or
// main:create_app().
var moduleName = lazyregexp.New(`^([A-Za-z_][\w]*(?:\.[A-Za-z_][\w]*)*)(?::.*)?$`)

var python = lazyregexp.New(`^python(3(\.\d+)?)?$`)

// flags are options without a value, by program; all others take one, unless it
// is given with "=".
var flags = map[string][]string{
	"gunicorn":       {"--reload", "--preload", "--daemon", "-D", "--check-config", "--print-config", "--spew", "--no-sendfile", "--capture-output", "-R", "--enable-stdio-inheritance", "--initgroups", "--proxy-protocol", "--log-syslog", "--reuse-port", "--strip-header-spaces", "--disable-redirect-access-to-syslog", "--do-handshake-on-connect", "--suppress-ragged-eofs", "--permit-obsolete-folding"},
	"uvicorn":        {"--reload", "--access-log", "--no-access-log", "--use-colors", "--no-use-colors", "--proxy-headers", "--no-proxy-headers", "--server-header", "--no-server-header", "--date-header", "--no-date-header", "--factory", "--version", "--help"},
	"hypercorn":      {"--reload", "--debug", "--daemon", "-D"},
	"daphne":         {"--http2"},
	"granian":        {"--reload", "--no-reload", "--access-log", "--no-access-log", "--ws", "--no-ws", "--factory", "--no-factory", "--log", "--no-log", "--respawn-failed-workers"},
	"waitress-serve": {"--call", "--no-ipv4", "--no-ipv6", "--expose-tracebacks", "--no-expose-tracebacks", "--no-clear-untrusted-proxy-headers"},
	"streamlit":      {},
	"dramatiq":       {"--watch-use-polling", "--use-spawn", "--skip-logging", "-v", "--verbose"},
}

// load finds what a program loads.
func (s *Start) load(name string, args []string, env map[string]string) {
	switch {
	case python.MatchString(name):
		s.python(args, env)
	case name == "gunicorn", name == "uvicorn", name == "hypercorn", name == "daphne", name == "granian", name == "waitress-serve", name == "dramatiq":
		s.Server = name
		s.server(name, args)
	case name == "celery":
		s.Server = name
		s.option(args, "-A", "--app")
	case name == "flask":
		s.Server = name
		if app := env["FLASK_APP"]; app != "" && !slices.ContainsFunc(args, isFlaskApp) {
			args = append([]string{"--app", app}, args...)
		}
		s.option(args, "-A", "--app")
	case name == "streamlit" && len(args) > 1 && args[0] == "run":
		s.Server = name
		if file := positional(name, args[1:]); strings.HasSuffix(file, ".py") {
			s.Scripts = append(s.Scripts, file)
		}
	case name == "fastapi" && len(args) > 1 && (args[0] == "run" || args[0] == "dev"):
		s.Server = name
		if file := positional("uvicorn", args[1:]); strings.HasSuffix(file, ".py") {
			s.Scripts = append(s.Scripts, file)
		}
	}
}

func isFlaskApp(arg string) bool { return arg == "-A" || strings.HasPrefix(arg, "--app") }

// python reads the interpreter's own command line (Using Python, 1.1).
func (s *Start) python(args []string, env map[string]string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "-m" && i+1 < len(args):
			s.module(args[i+1], args[i+2:], env)
			return
		case strings.HasPrefix(a, "-m") && len(a) > 2:
			s.module(a[2:], args[i+1:], env)
			return
		case a == "-W" || a == "-X" || a == "--check-hash-based-pycs":
			i++
		case a == "-c" && i+1 < len(args):
			s.Code = args[i+1]
			return
		case a == "-c" || a == "-" || a == "":
			return
		case strings.HasPrefix(a, "-"):
			if strings.HasSuffix(a, "m") && i+1 < len(args) && !strings.HasPrefix(a, "--") && !strings.ContainsAny(a, "WXc") { // -um
				s.module(args[i+1], args[i+2:], env)
				return
			}
		default:
			s.Scripts, s.Args = append(s.Scripts, a), args[i+1:]
			return
		}
	}
}

// module is python -m NAME: the module itself, and what it is told to load.
func (s *Start) module(name string, args []string, env map[string]string) {
	if !moduleName.MatchString(name) || strings.Contains(name, ":") {
		return
	}
	s.Modules, s.Args = append(s.Modules, Module{Name: name, Run: true}), args
	s.load(name, args, env)
}

// server reads the module that a server is given.
func (s *Start) server(name string, args []string) {
	s.changes(args)
	target := positional(name, args)
	if m := moduleName.FindStringSubmatch(target); m != nil {
		s.Modules = append(s.Modules, Module{Name: m[1]})
	}
}

// changes reads where a server changes to, and where it looks for modules.
func (s *Start) changes(args []string) {
	for i, a := range args {
		key, value, given := strings.Cut(a, "=")
		if !given && i+1 < len(args) {
			value = args[i+1]
		}
		switch key {
		case "--chdir":
			s.Dir = value
		case "--pythonpath", "--app-dir":
			s.Path = append(s.Path, strings.Split(value, ",")...)
		}
	}
}

// positional is the first argument that is neither an option nor its value.
func positional(name string, args []string) string {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			if i+1 < len(args) {
				return args[i+1]
			}
			return ""
		case !strings.HasPrefix(a, "-"):
			return a
		case strings.Contains(a, "=") || slices.Contains(flags[name], a):
		case !strings.HasPrefix(a, "--") && len(a) > 2: // -w4
		default:
			i++
		}
	}
	return ""
}

// option reads a module that is an option's value.
func (s *Start) option(args []string, names ...string) {
	for i, a := range args {
		key, value, given := strings.Cut(a, "=")
		if !slices.Contains(names, key) {
			continue
		}
		if !given && i+1 < len(args) {
			value = args[i+1]
		}
		value, _, _ = strings.Cut(value, ":")
		if strings.HasSuffix(value, ".py") {
			s.Scripts = append(s.Scripts, value)
		} else if m := moduleName.FindStringSubmatch(value); m != nil {
			s.Modules = append(s.Modules, Module{Name: m[1]})
		}
		return
	}
}
