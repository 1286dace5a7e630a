package base

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// UnsupportedError reports a base that wheels can't be chosen for.
type UnsupportedError struct {
	// Have says what it has: "free-threaded Python (python3.13t)".
	Have string
	// Want says what is supported instead.
	Want string
}

// Error names both.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("the base has %s; only %s is supported", e.Have, e.Want)
}

func freeThreaded(name string) error {
	return &UnsupportedError{Have: "free-threaded Python (" + name + ")", Want: "CPython with the global interpreter lock"}
}

var (
	freeThreadedName = lazyregexp.New(`^python3\.[0-9]{1,3}(td?|-nogil)$`)
	otherPython      = lazyregexp.New(`^(pypy|graalpy|micropython|ipy)`)
)

// findFreeThreaded returns the name of a free-threaded interpreter in dir.
func findFreeThreaded(t *tree, dir string) string {
	for _, name := range t.list(dir) {
		if freeThreadedName.MatchString(name) && t.isFile(join(dir, name)) {
			return name
		}
	}
	return ""
}

// minorOf tells "3.10" by the interpreter's name, or by the one standard
// library beside it; "" where neither tells. Interpreters that aren't CPython,
// or are a free-threaded one, are an error.
func minorOf(t *tree, real string) (string, error) {
	name := path.Base(real)
	if freeThreadedName.MatchString(name) {
		return "", freeThreaded(name)
	}
	if otherPython.MatchString(name) {
		return "", &UnsupportedError{Have: "another Python than CPython (" + name + ")", Want: "CPython"}
	}
	libraries := standardLibraries(t, path.Dir(path.Dir(real)))
	if m := pythonName.FindStringSubmatch(name); m != nil {
		if slices.Contains(libraries, name+"t") && !slices.Contains(libraries, name) {
			return "", freeThreaded(name + "t")
		}
		return m[1], nil
	}
	if len(libraries) != 1 {
		return "", nil
	}
	if m := pythonName.FindStringSubmatch(libraries[0]); m != nil {
		return m[1], nil
	}
	return "", freeThreaded(libraries[0])
}

// standardLibraries returns the names of their directories below the prefix,
// "python3.13" or "python3.13t". Links, such as conda's python3.1 for
// python3.10, count as what they lead to.
func standardLibraries(t *tree, prefix string) []string {
	var out []string
	for _, lib := range []string{"lib", "lib64"} {
		for _, name := range t.list(join(prefix, lib)) {
			n := t.lookup(join(prefix, lib) + "/" + name)
			if n == nil || n.kind != isDir || n.children["os.py"] == nil {
				continue
			}
			real := path.Base(n.path)
			if (pythonName.MatchString(real) || freeThreadedName.MatchString(real)) && !slices.Contains(out, real) {
				out = append(out, real)
			}
		}
	}
	return out
}

// venv is what pyvenv.cfg (PEP 405) says of a virtual environment.
type venv struct{ prefix, home, version string }

// readVenv reads the pyvenv.cfg in prefix; without one there is none.
func readVenv(t *tree, prefix string) venv {
	file := join(prefix, "pyvenv.cfg")
	if !t.isFile(file) {
		return venv{}
	}
	v := venv{prefix: prefix}
	for line := range strings.Lines(string(t.file(file))) {
		key, value, _ := strings.Cut(line, "=")
		switch value = strings.TrimSpace(value); strings.ToLower(strings.TrimSpace(key)) {
		case "home":
			v.home = path.Clean("/" + value)
		case "version", "version_info": // venv's, and virtualenv's and uv's
			v.version = value
		}
	}
	return v
}

// minor is "3.10", "" where the file doesn't say.
func (v venv) minor() string {
	parts := strings.SplitN(pythonRelease.FindString(v.version), ".", 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[0] + "." + parts[1]
}
