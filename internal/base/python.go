package base

import (
	"fmt"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// NoPythonError reports a base without an interpreter.
type NoPythonError struct {
	// Looked are the directories that were looked in, in order.
	Looked []string
}

// Error names the directories.
func (e *NoPythonError) Error() string {
	return "the base has no Python 3: no python3 in " + strings.Join(e.Looked, ", ")
}

// defaultPath is where runtimes look when the image's configuration has no
// PATH; its directories are also looked in after those that PATH names.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

var (
	pythonName    = lazyregexp.New(`^python(3\.[0-9]{1,3})$`)
	pythonRelease = lazyregexp.New(`^3\.[0-9]{1,3}\.[0-9]{1,3}((a|b|rc)[0-9]{1,3})?`)
	pyVersion     = lazyregexp.New(`(?m)^#define\s+PY_VERSION\s+"([^"\n]{1,40})"`)
)

// findPython finds the interpreter that the image's PATH leads to. The error is
// an [*UnsupportedError] where that is one that wheels can't be chosen for.
func findPython(t *tree, cfg v1.Config, packages []Package) (Python, error) {
	env := environment(cfg.Env)
	dirs := searchPath(env["PATH"])
	var other error // of the first directory that has but an unsupported one
	for _, dir := range dirs {
		found := findInterpreter(t, dir)
		if found == "" {
			if name := findFreeThreaded(t, dir); name != "" && other == nil {
				other = freeThreaded(name)
			}
			continue
		}
		real := t.lookup(found).path
		venv := readVenv(t, path.Dir(path.Clean(dir)))
		minor, err := minorOf(t, real)
		if err != nil {
			return Python{}, err
		}
		if minor == "" {
			minor = venv.minor()
		}
		if minor == "" {
			continue
		}
		p := Python{Minor: minor, Executable: real, Prefix: path.Dir(path.Dir(real))}
		home := p.Prefix
		if venv.prefix != "" {
			// A virtual environment's interpreter is a link, and knows
			// its place only when started under that name.
			p.Executable, p.Prefix = found, venv.prefix
			if below(real, venv.prefix) { // a copy instead
				home = path.Dir(venv.home)
			}
		}
		p.Version, p.VersionSource = pythonVersion(t, home, minor, env, packages)
		if p.Version == minor && venv.minor() == minor {
			p.Version, p.VersionSource = pythonRelease.FindString(venv.version), venv.prefix+"/pyvenv.cfg"
		}
		p.scheme(t, packages)
		return p, nil
	}
	if other != nil {
		return Python{}, other
	}
	return Python{}, &NoPythonError{Looked: dirs}
}

func environment(list []string) map[string]string {
	out := map[string]string{}
	for _, kv := range list {
		k, v, _ := strings.Cut(kv, "=")
		out[k] = v
	}
	return out
}

func searchPath(p string) []string { return pathDirs(p + ":" + defaultPath) }

// pathDirs are the absolute directories of a list with colons, each once.
func pathDirs(list string) []string {
	var out []string
	for d := range strings.SplitSeq(list, ":") {
		if path.IsAbs(d) && !slices.Contains(out, path.Clean(d)) {
			out = append(out, path.Clean(d))
		}
	}
	return out
}

// findInterpreter returns the path of python3, or else of the newest
// python3.N, in dir.
func findInterpreter(t *tree, dir string) string {
	if p := join(dir, "python3"); t.isFile(p) {
		return p
	}
	best := ""
	for _, name := range t.list(dir) {
		// Longer numbers are larger, and equally long ones sort by text.
		if pythonName.MatchString(name) && t.isFile(join(dir, name)) && len(name) >= len(best) {
			best = name
		}
	}
	if best == "" {
		return ""
	}
	return join(dir, best)
}

// pythonVersion tells the full version, by the first of these that has one
// fit for the minor version: the header patchlevel.h, which belongs to the
// build; for an interpreter of the distribution its package; for one under
// /usr/local the variable PYTHON_VERSION, which the official images set.
func pythonVersion(t *tree, home, minor string, env map[string]string, packages []Package) (version, source string) {
	fits := func(v string) bool {
		version = pythonRelease.FindString(v)
		return strings.HasPrefix(version, minor+".")
	}
	header := home + "/include/python" + minor + "/patchlevel.h"
	if m := pyVersion.FindSubmatch(t.file(header)); m != nil && fits(string(m[1])) {
		return version, header
	}
	if home == "/usr" {
		for _, p := range packages {
			ours := p.Name == "python"+minor+"-minimal" || p.Name == "libpython"+minor+"-minimal" || p.Type == "apk" && p.Name == "python3"
			if ours && fits(upstream(p.Version)) {
				return version, fmt.Sprintf("package %s %s", p.Name, p.Version)
			}
		}
	}
	if home == "/usr/local" && fits(env["PYTHON_VERSION"]) {
		return version, "environment variable PYTHON_VERSION"
	}
	if at := t.runtimeVersion(home, minor); at != nil && fits(at.version) {
		return version, at.path
	}
	return minor, "name of the interpreter"
}

// runtimeVersion returns the file below the interpreter's home that tells its
// version, nil where none does.
func (t *tree) runtimeVersion(home, minor string) *node {
	name := "libpython" + minor + ".so.1.0"
	files := append(make([]string, 0, 1+2*(1+len(triplets))), join(home, "bin/python"+minor))
	for _, lib := range []string{"lib64", "lib"} {
		files = append(files, join(home, lib+"/"+name))
		for _, triplet := range triplets {
			files = append(files, join(home, lib+"/"+triplet+"/"+name))
		}
	}
	slices.Sort(files)
	for _, file := range files {
		if n := t.lookup(file); n != nil && n.kind == isFile && n.version != "" {
			return n
		}
	}
	return nil
}
