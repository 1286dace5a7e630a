package smoke

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/assemble-image/assemble/internal/osfile"
)

const (
	maxEnvFileSize = 1 << 20
	maxEnvLine     = 64 << 10
)

// ReadEnvFile reads a file of environment variables by the rules of docker's
// --env-file: one NAME=value a line, values taken as they stand (no quotes, no
// expansion), lines that start with # and empty ones skipped, and a bare NAME
// taken from this process's environment or left out where it isn't set there.
//
// Its errors name file, line and variable, all of them at once, but never a
// value.
func ReadEnvFile(path string) ([]string, error) {
	f, err := osfile.OpenInput(path)
	if err != nil {
		return nil, fmt.Errorf("reading env file: %w", err)
	}
	defer func() { _ = f.Close() }()
	return parseEnv(path, f, os.LookupEnv)
}

func parseEnv(file string, r io.Reader, lookup func(string) (string, bool)) ([]string, error) {
	limited := &io.LimitedReader{R: r, N: maxEnvFileSize + 1}
	scanner := bufio.NewScanner(limited)
	scanner.Buffer(nil, maxEnvLine)
	var env []string
	var errs []error
	line := 0
	for scanner.Scan() {
		line++
		text := scanner.Text()
		if line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		entry, err := parseEnvLine(text, lookup)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", file, line, err))
		} else if entry != "" {
			env = append(env, entry)
		}
	}
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		errs = append(errs, fmt.Errorf("%s:%d: line is longer than %d bytes", file, line+1, maxEnvLine))
	} else if err := scanner.Err(); err != nil {
		errs = append(errs, fmt.Errorf("reading %q: %w", file, err))
	}
	if limited.N <= 0 {
		errs = append(errs, fmt.Errorf("reading %q: more than %d bytes", file, maxEnvFileSize))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return env, nil
}

// parseEnvLine returns NAME=value, or "" for a line that sets nothing.
func parseEnvLine(line string, lookup func(string) (string, bool)) (string, error) {
	if !utf8.ValidString(line) {
		return "", errors.New("line is not UTF-8")
	}
	if strings.ContainsRune(line, 0) {
		return "", errors.New("line contains a NUL byte")
	}
	line = strings.TrimLeftFunc(line, unicode.IsSpace)
	if line == "" || line[0] == '#' {
		return "", nil
	}
	name, value, set := strings.Cut(line, "=")
	if !set {
		// A bare name must be one: a pasted secret without a name would end up in
		// the message, so the message only says where it is.
		name = strings.TrimRightFunc(name, unicode.IsSpace)
		if !isEnvName(name) {
			return "", errors.New("line is neither NAME=value nor the NAME of a variable to pass through")
		}
		if value, set = lookup(name); !set || strings.ContainsRune(value, 0) {
			return "", nil
		}
		return name + "=" + value, nil
	}
	if name == "" {
		return "", errors.New("no variable name before =")
	}
	if strings.ContainsFunc(name, unicode.IsSpace) {
		return "", fmt.Errorf("variable name %q contains white space", name)
	}
	return name + "=" + value, nil
}

func isEnvName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// mergeEnv merges two environments: a name keeps its position, and its last
// value wins.
func mergeEnv(env, over []string) []string {
	merged := make([]string, 0, len(env)+len(over))
	at := map[string]int{}
	for _, list := range [][]string{env, over} {
		for _, entry := range list {
			name, _, _ := strings.Cut(entry, "=")
			if i, ok := at[name]; ok {
				merged[i] = entry
				continue
			}
			at[name] = len(merged)
			merged = append(merged, entry)
		}
	}
	return merged
}

func hasEnv(env []string, name string) bool {
	for _, entry := range env {
		if strings.HasPrefix(entry, name+"=") {
			return true
		}
	}
	return false
}
