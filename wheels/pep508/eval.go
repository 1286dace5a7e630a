package pep508

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/wheels/pep440"
)

// Errors of [Marker.Eval] and [Marker.EvalLock], found with errors.Is.
var (
	// ErrUndefinedComparison means that an operator has no meaning for its
	// operands, such as "~=" between strings that are no versions.
	ErrUndefinedComparison = errors.New("undefined comparison")
	// ErrUndefinedVariable means that a variable has no value here, such as
	// "extras" outside a lock file.
	ErrUndefinedVariable = errors.New("undefined variable")
)

// scope is what the variables of a marker stand for in one evaluation.
type scope struct {
	env   Environment
	extra *string             // nil where "extra" is undefined
	sets  map[string][]string // nil where the set variables are undefined
}

// Eval reports whether the marker holds in env, as in a wheel's metadata: with
// no extras for the bare requirement, else for any of the given extras. A nil
// marker holds everywhere.
func (m *Marker) Eval(env Environment, extras ...string) (bool, error) {
	if m == nil {
		return true, nil
	}
	if len(extras) == 0 {
		extras = []string{""}
	}
	for _, extra := range extras {
		extra = NormalizeName(extra)
		holds, err := m.eval(scope{env: env, extra: &extra})
		if holds || err != nil {
			return holds, err
		}
	}
	return false, nil
}

// EvalLock is Eval as in a lock file of PEP 751, where extras and groups are
// what the user asked to be installed. A nil marker holds everywhere.
func (m *Marker) EvalLock(env Environment, extras, groups []string) (bool, error) {
	if m == nil {
		return true, nil
	}
	return m.eval(scope{env: env, sets: map[string][]string{
		varExtras:           normalizeNames(extras),
		varDependencyGroups: normalizeNames(groups),
	}})
}

func normalizeNames(names []string) []string {
	normal := make([]string, len(names))
	for i, name := range names {
		normal[i] = NormalizeName(name)
	}
	return normal
}

func (m *Marker) eval(s scope) (bool, error) {
	holds, err := s.expr(&m.expr)
	if err != nil {
		return false, fmt.Errorf("evaluating marker %.200q: %w", m.String(), err)
	}
	return holds, nil
}

// expr evaluates every term, so that an error doesn't hide behind the value of
// another term.
func (s scope) expr(e *expr) (bool, error) {
	anyGroup, group := false, true
	for i, t := range e.terms {
		if i > 0 && e.ops[i-1] == "or" {
			anyGroup, group = anyGroup || group, true
		}
		holds, err := s.term(t)
		if err != nil {
			return false, err
		}
		group = group && holds
	}
	return anyGroup || group, nil
}

func (s scope) term(t term) (bool, error) {
	if t.group != nil {
		return s.expr(t.group)
	}
	variable, other := t.lhs.text, t.rhs.text
	if !t.lhs.variable {
		variable, other = t.rhs.text, t.lhs.text
	}
	if set, ok := s.sets[variable]; ok {
		return setTerm(t, set)
	}
	value, ok := s.lookup(variable)
	if !ok {
		return false, fmt.Errorf("%w %.80q", ErrUndefinedVariable, variable)
	}
	if t.lhs.variable {
		return compare(variable, value, t.op, other)
	}
	return compare(variable, other, t.op, value)
}

func (s scope) lookup(variable string) (string, bool) {
	if variable == varExtra && s.extra != nil {
		return *s.extra, true
	}
	if variable == "python_full_version" && strings.HasSuffix(s.env.PythonFullVersion, "+") {
		// A build from an untagged source tree; without a label it is no version.
		return s.env.PythonFullVersion + "local", true
	}
	return s.env.lookup(variable)
}

// setTerm evaluates a comparison with a set of names, which can only be asked
// for a member.
func setTerm(t term, set []string) (bool, error) {
	if !t.lhs.variable {
		switch t.op {
		case "in":
			return slices.Contains(set, NormalizeName(t.lhs.text)), nil
		case "not in":
			return !slices.Contains(set, NormalizeName(t.lhs.text)), nil
		}
	}
	return false, fmt.Errorf("%w: a set of names only supports membership", ErrUndefinedComparison)
}

// compare evaluates "lhs op rhs", one of which is the variable's value.
func compare(variable, lhs, op, rhs string) (bool, error) {
	if comparesVersions(variable) {
		if clause, err := pep440.ParseSpecifier(op + rhs); err == nil {
			return clause.ContainsText(lhs), nil
		}
	}
	switch op {
	case "in":
		return strings.Contains(rhs, lhs), nil
	case "not in":
		return !strings.Contains(rhs, lhs), nil
	case "==", "<=", ">=":
		return lhs == rhs, nil
	case "!=":
		return lhs != rhs, nil
	case "<", ">":
		return false, nil
	}
	return false, fmt.Errorf("%w: %.80q %s %.80q", ErrUndefinedComparison, lhs, op, rhs)
}
