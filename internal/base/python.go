package base

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
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
	pythonName    = regexp.MustCompile(`^python(3\.[0-9]{1,3})$`)
	pythonRelease = regexp.MustCompile(`^3\.[0-9]{1,3}\.[0-9]{1,3}((a|b|rc)[0-9]{1,3})?`)
	pyVersion     = regexp.MustCompile(`(?m)^#define\s+PY_VERSION\s+"([^"\n]{1,40})"`)
)

// findPython finds the interpreter that the image's PATH leads to.
func findPython(t *tree, cfg v1.Config, packages []Package) (Python, error) {
	env := environment(cfg.Env)
	dirs := searchPath(env["PATH"])
	for _, dir := range dirs {
		found := findInterpreter(t, dir)
		if found == "" {
			continue
		}
		real := t.lookup(found).path
		minor := minorOf(t, real)
		if minor == "" {
			continue
		}
		p := Python{Minor: minor, Executable: real, Prefix: path.Dir(path.Dir(real))}
		home := p.Prefix
		if prefix := path.Dir(path.Clean(dir)); t.isFile(prefix + "/pyvenv.cfg") {
			// A virtual environment's interpreter is a link, and knows
			// its place only when started under that name.
			p.Executable, p.Prefix = found, prefix
		}
		p.Version, p.VersionSource = pythonVersion(t, home, minor, env, packages)
		p.scheme(t)
		return p, nil
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

func searchPath(p string) []string {
	var out []string
	for _, d := range strings.Split(p+":"+defaultPath, ":") {
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

// minorOf tells "3.10" by the interpreter's name, or by the one standard
// library beside it.
func minorOf(t *tree, real string) string {
	if m := pythonName.FindStringSubmatch(path.Base(real)); m != nil {
		return m[1]
	}
	lib := join(path.Dir(path.Dir(real)), "lib")
	minor := ""
	for _, name := range t.list(lib) {
		m := pythonName.FindStringSubmatch(name)
		if m == nil || !t.isFile(lib+"/"+name+"/os.py") {
			continue
		}
		if minor != "" {
			return ""
		}
		minor = m[1]
	}
	return minor
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
	return minor, "name of the interpreter"
}

// scheme fills in where pip would install. Debian's own Python keeps what
// dpkg installs in /usr/lib/python3/dist-packages and lets pip write below
// /usr/local (sysconfig's scheme posix_local).
func (p *Python) scheme(t *tree) {
	const debianPackages = "/usr/lib/python3/dist-packages"
	name := "python" + p.Minor
	if p.Prefix == "/usr" && t.isDir(debianPackages) {
		p.Debian = true
		p.SitePackages = "/usr/local/lib/" + name + "/dist-packages"
		p.Scripts, p.Include = "/usr/local/bin", "/usr/local/include/"+name
		p.Paths = []string{p.SitePackages, debianPackages}
		return
	}
	p.SitePackages = join(p.Prefix, "lib/"+name+"/site-packages")
	p.Scripts, p.Include = join(p.Prefix, "bin"), join(p.Prefix, "include/"+name)
	p.Paths = []string{p.SitePackages}
}
