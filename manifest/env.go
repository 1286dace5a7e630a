package manifest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// envName is what a shell takes as a variable's name.
var envName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// mergeEnv puts add over base, a list of NAME=value. The base's order stays,
// its variables are overridden in place, and new ones follow sorted by name.
func mergeEnv(base []string, add map[string]string) ([]string, error) {
	vars := make(map[string]string, len(base))
	for _, kv := range base {
		name, value, _ := strings.Cut(kv, "=")
		vars[name] = value
	}
	expanded := make(map[string]string, len(add))
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(add)) {
		value, err := expand(add[name], vars)
		if err == nil {
			err = checkEnv(name, value)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("environment variable %q: %w", name, err))
			continue
		}
		expanded[name] = value
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	out := make([]string, 0, len(base)+len(add))
	written := make(map[string]bool, len(add))
	for _, kv := range base {
		name, _, _ := strings.Cut(kv, "=")
		value, override := expanded[name]
		switch {
		case !override:
			out = append(out, kv)
		case !written[name]: // a name that the base has twice is written once
			out, written[name] = append(out, name+"="+value), true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(expanded)) {
		if !written[name] {
			out = append(out, name+"="+expanded[name])
		}
	}
	return out, nil
}

func checkEnv(name, value string) error {
	if name == "" || strings.ContainsAny(name, "=\x00") {
		return errors.New("the name is empty or contains \"=\" or a NUL byte")
	}
	if strings.ContainsRune(value, 0) {
		return errors.New("the value contains a NUL byte")
	}
	return nil
}

// expand replaces ${NAME} by the variable's value, ${NAME:-text} by text
// where it is unset or empty, and $$ by a dollar. Nothing else may follow a
// dollar: a forgotten brace is better reported than kept. Values never show
// in errors; they may be secret.
func expand(s string, vars map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(s, "$")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		if strings.HasPrefix(rest, "$") {
			out.WriteByte('$')
			s = rest[1:]
			continue
		}
		ref, after, closed := strings.Cut(strings.TrimPrefix(rest, "{"), "}")
		if !strings.HasPrefix(rest, "{") || !closed {
			return "", errors.New(`a dollar must be written "$$", and a variable of the base "${NAME}"`)
		}
		name, fallback, hasFallback := strings.Cut(ref, ":-")
		if !envName.MatchString(name) {
			return "", errors.New(`what stands between "${" and "}" is not a variable's name`)
		}
		value, ok := vars[name]
		switch {
		case value == "" && hasFallback:
			value = fallback
		case !ok:
			return "", fmt.Errorf("the base has no variable %q", name)
		}
		out.WriteString(value)
		s = after
	}
}
