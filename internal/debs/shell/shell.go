package shell

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/assemble-image/assemble/internal/debs/root"
)

// Command is a program that scripts can start. It returns its exit status.
type Command func(c *Call) int

// Options says what a script sees.
type Options struct {
	// Root is the file system.
	Root *root.Root
	// Commands are the programs that are there whatever the root has, by name.
	Commands map[string]Command
	// Programs are done here if the root has a program of that name.
	Programs map[string]Command
	// Unknown is started for a program that the root has and that is no shell
	// script; path is where it lies. Nil stands for "cannot execute".
	Unknown func(c *Call, path string) int
	// Missing is told of a command that is nowhere, before it fails with 127.
	Missing func(name string)
	// Sourced replaces what is in a file when a script reads it by ".".
	Sourced map[string]string
	// Env are the variables that a script begins with, all exported.
	Env map[string]string
	// Output takes what is printed; nil drops it.
	Output io.Writer
	Limits Limits
}

// Run interprets a script with arguments, and returns its exit status. name is
// its $0. An error says that it could not be interpreted to its end: a
// [*LimitError], an [*UnsupportedError], the context's error, a bound of the
// root ([root.LimitError]), or what is wrong with its syntax.
func Run(ctx context.Context, o Options, name string, script []byte, args ...string) (status int, err error) {
	program, options, ok := interpreter(script)
	if ok && !isShell(program) {
		return 0, &UnsupportedError{fmt.Sprintf("a script for %q", program)}
	}
	file, err := parse(name, script)
	if err != nil {
		return 0, err
	}
	m := newMeter(ctx, o.Limits)
	s := newState(&env{Options: o, meter: m}, name, args)
	s.bash = program == "bash"
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		s, ok := r.(stop)
		if !ok { // a script must not end the program, whatever it brings up
			s.err = &InternalError{r}
		}
		status, err = 0, s.err
	}()
	for _, option := range options {
		s.setFlags(option)
	}
	s.script(file.Stmts)
	return s.status, nil
}

// env is what all subshells of one Run share.
type env struct {
	Options
	*meter
	pids int
}

// variable is a shell variable; list is set for bash's arrays.
type variable struct {
	value    string
	list     []string
	isList   bool
	set      bool
	exported bool
	readonly bool
}

// flow says what the script is doing: going on, or on its way out of a loop,
// function, or itself.
type flow int

const (
	onward flow = iota
	breaking
	continuing
	returning
	exiting
)

// state is a shell or a subshell.
type state struct {
	*env
	name     string
	params   []string
	vars     map[string]variable
	funcs    map[string]*function
	locals   []map[string]variable
	traps    map[string]string
	fds      map[int]stream
	dir      string
	umask    uint32
	bash     bool
	status   int
	flow     flow
	levels   int // loops that break and continue still have to leave
	loops    int
	inFunc   int
	unjudged int // above 0 where errexit doesn't apply
	errexit  bool
	nounset  bool
	noglob   bool
	pipefail bool
	optind   int
	lastPid  int
	// substituted is the status of the last command substitution.
	substituted int
}

func newState(e *env, name string, args []string) *state {
	s := &state{
		env: e, name: name, params: args, vars: map[string]variable{}, funcs: map[string]*function{},
		traps: map[string]string{}, dir: "/", umask: 0o022,
	}
	out := stream{w: printer{e}}
	s.fds = map[int]stream{0: {r: empty{}}, 1: out, 2: out}
	for _, k := range slices.Sorted(maps.Keys(e.Env)) {
		s.vars[k] = variable{value: e.Env[k], set: true, exported: true}
	}
	for k, v := range map[string]string{"IFS": " \t\n", "OPTIND": "1", "PWD": "/", "PPID": "1", "PS4": "+ "} {
		if !s.vars[k].set {
			s.vars[k] = variable{value: v, set: true}
		}
	}
	return s
}

// clone returns a subshell's state: what it changes, s doesn't see.
func (s *state) clone() *state {
	s.spend(perCommand + len(s.vars) + len(s.funcs))
	c := *s
	c.vars, c.funcs, c.fds = maps.Clone(s.vars), maps.Clone(s.funcs), maps.Clone(s.fds)
	c.locals = slices.Clone(s.locals)
	c.traps = map[string]string{}
	c.loops = 0
	return &c
}

// subshell runs f in a clone, and takes its status.
func (s *state) subshell(f func(c *state)) {
	s.enter()
	defer s.leave()
	c, held := s.clone(), s.memory
	f(c)
	c.exitTrap()
	s.memory = held
	s.status = c.status
}

// script runs statements as a whole program.
func (s *state) script(stmts []*stmt) {
	s.stmts(stmts)
	s.exitTrap()
}

func (s *state) exitTrap() {
	action, ok := s.traps["EXIT"]
	if !ok {
		return
	}
	delete(s.traps, "EXIT")
	s.flow = onward
	status := s.status
	s.eval(action)
	if s.flow != exiting {
		s.status = status
	}
}
