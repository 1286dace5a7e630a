package stage

import (
	"errors"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// mark stands around the name of a variable that only the base knows. No
// Dockerfile holds it.
const mark = "\x00"

var marked = lazyregexp.New(mark + `([A-Za-z_][A-Za-z0-9_]*)` + mark)

// variables gives the lexer the values of a stage's variables. Those that
// nothing has set may be the base's.
type variables struct{ s *State }

// Get implements shell.EnvGetter.
func (v variables) Get(name string) (string, bool) {
	if value, ok := v.s.lookup(name); ok {
		return value, true
	}
	if _, declared := v.s.args[name]; declared || !isName.MatchString(name) {
		return "", false
	}
	return mark + name + mark, true
}

// Keys implements shell.EnvGetter; it is for warnings that aren't asked for.
func (variables) Keys() []string { return nil }

var isName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// lookup returns the value of ENV or ARG.
func (s *State) lookup(name string) (string, bool) {
	if value, ok := get(s.Env, name); ok {
		return marked.ReplaceAllString(value, ""), true
	}
	value, ok := s.args[name]
	return value, ok && value != mark
}

// inScript is lookup for a RUN, which has a home, too.
func (s *State) inScript(name string) (string, bool) {
	if value, ok := s.lookup(name); ok {
		return value, true
	}
	if name != "HOME" {
		return "", false
	}
	user, _, _ := strings.Cut(s.User.Value, ":")
	for _, a := range s.Accounts {
		if a.Name == user {
			return a.Home, true
		}
	}
	return "/root", user == "" || user == "root" || user == "0"
}

// expand replaces variables as Docker does (Dockerfile reference, "Environment
// replacement"). What only the base knows stays marked.
func (in *interpreter) expand(s *State, text string) (string, error) {
	if strings.Count(text, "$")*s.longest() > maxExpanded {
		return "", errTooLong
	}
	lex := shell.NewLex(in.file.Escape)
	result, err := lex.ProcessWordWithMatches(text, rawVariables{s})
	return result.Result, err
}

// maxExpanded bounds what a text may become, as variables can hold each other.
const maxExpanded = 64 << 10

var errTooLong = errors.New("its variables stand for too much")

// longest is the length of the longest value.
func (s *State) longest() int {
	n := 0
	for _, e := range s.Env {
		n = max(n, len(e.Value))
	}
	for _, v := range s.args {
		n = max(n, len(v))
	}
	return n
}

// rawVariables keeps the marks within ENV values.
type rawVariables struct{ s *State }

// Get implements shell.EnvGetter.
func (v rawVariables) Get(name string) (string, bool) {
	if value, ok := get(v.s.Env, name); ok {
		return value, true
	}
	return variables(v).Get(name)
}

// Keys implements shell.EnvGetter.
func (rawVariables) Keys() []string { return nil }

// known expands a text that must not depend on the base. Where it does, the step
// is left and ok is false.
func (in *interpreter) known(s *State, step *draft.Step, text string) (value string, ok bool) {
	value, err := in.expand(s, text)
	switch m := marked.FindStringSubmatch(value); {
	case err != nil:
		leave(step, "its variables can't be expanded; write the value into the config")
	case m != nil:
		leave(step, "nothing here sets "+m[1]+"; write the value into the config, or give it with --build-arg")
	default:
		return value, true
	}
	return "", false
}

// ConfigEnv writes an ENV value as the config's env takes it: variables of the
// base in braces, and each dollar doubled.
func ConfigEnv(value string) string {
	var b strings.Builder
	for i, part := range strings.Split(value, mark) {
		switch {
		case i%2 == 0: // marks come in pairs
			b.WriteString(strings.ReplaceAll(part, "$", "$$"))
		case part == "PATH": // which every base has
			b.WriteString("${PATH}")
		default:
			b.WriteString("${" + part + ":-}")
		}
	}
	return b.String()
}

func carry(step *draft.Step, field string) {
	step.Status, step.Field, step.Note = draft.Carried, field, ""
}
func skip(step *draft.Step, why string)  { step.Status, step.Note = draft.Unneeded, why }
func leave(step *draft.Step, how string) { step.Status, step.Note = draft.Left, how }
