// Package project looks at a directory for what tells how its Python project is
// installed and started: requirements, locks, pyproject.toml, and the framework
// that its code uses. Start with [Read].
package project

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
	"github.com/assemble-image/assemble/internal/toml"
)

// Bounds of what is read.
const (
	maxFile  = 1 << 20
	maxFiles = 400
)

// Project is what a directory has.
type Project struct {
	// Requirements are requirements files, by their path.
	Requirements []string
	// Locks are the locks that are there: uv.lock, pylock.toml, poetry.lock,
	// pdm.lock, Pipfile.lock, and requirements files with hashes.
	Locks []string
	// HasPyproject says that there is a pyproject.toml; Tool is what it is written
	// for: "poetry", "pdm", "uv" or "".
	HasPyproject bool
	Tool         string
	Name         string
	// Python is the oldest Python that the project is for, as "3.12"; "" for an
	// unknown one.
	Python string
	// Depends are the names of what the project requires, normalised (PEP 503).
	Depends []string
	// Framework is what the code uses, nil for none that is known; Others are
	// names of further ones.
	Framework *Framework
	Others    []string
	// Ignore says that there is a .dockerignore or .assembleignore.
	Ignore bool
	// Broken are files that can't be read, with the reason.
	Broken []string
}

// HasLock reports whether a lock is there.
func (p *Project) HasLock(name string) bool { return slices.Contains(p.Locks, name) }

// Requires reports whether the project requires a package by itself.
func (p *Project) Requires(name string) bool { return slices.Contains(p.Depends, name) }

// Read looks at a directory. What can't be read is as if it weren't there, but
// for a mark.
func Read(dir fs.FS) *Project {
	p := &Project{}
	for _, name := range []string{"uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock"} {
		if isFile(dir, name) {
			p.Locks = append(p.Locks, name)
		}
	}
	for _, name := range []string{".dockerignore", ".assembleignore"} {
		p.Ignore = p.Ignore || isFile(dir, name)
	}
	p.requirements(dir)
	p.pyproject(dir)
	if text, err := ReadText(dir, ".python-version"); err == nil {
		p.Python = minorOf(text)
	}
	p.pipfile(dir)
	slices.Sort(p.Depends)
	p.Depends = slices.Compact(p.Depends)
	p.frameworks(dir)
	return p
}

// requirements finds requirements files, in the directory and in one called
// requirements.
func (p *Project) requirements(dir fs.FS) {
	for _, pattern := range []string{"requirements*.txt", "requirements/*.txt"} {
		names, _ := fs.Glob(dir, pattern)
		for _, name := range names {
			text, err := ReadText(dir, name)
			if err != nil {
				p.Broken = append(p.Broken, name+": "+reason(err))
				continue
			}
			p.Requirements = append(p.Requirements, name)
			if IsHashed(text) {
				p.Locks = append(p.Locks, name)
			}
			p.Depends = append(p.Depends, Names(text)...)
		}
	}
}

var nameForm = lazyregexp.New(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?`)

// Names are the packages that a requirements file names, normalised.
func Names(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if name := nameForm.FindString(strings.TrimSpace(line)); name != "" {
			names = append(names, Normalize(name))
		}
	}
	return names
}

// IsHashed reports whether a requirements file is a lock.
func IsHashed(text string) bool { return strings.Contains(text, "--hash=sha256:") }

var separators = lazyregexp.New(`[-_.]+`)

// Normalize returns a package's name as names are compared (PEP 503).
func Normalize(name string) string {
	return strings.ToLower(separators.ReplaceAllString(name, "-"))
}

// pyproject reads what pyproject.toml says (PEP 621, Poetry).
func (p *Project) pyproject(dir fs.FS) {
	root := p.table(dir, "pyproject.toml")
	if root == nil {
		return
	}
	p.HasPyproject = true
	tool, _ := root.Get("tool").(*toml.Table)
	for _, name := range []string{"poetry", "pdm", "uv"} {
		if tool.Get(name) != nil && p.Tool == "" {
			p.Tool = name
		}
	}
	project, _ := root.Get("project").(*toml.Table)
	p.Name, _ = project.Get("name").(string)
	if text, ok := project.Get("requires-python").(string); ok {
		p.Python = minorOf(text)
	}
	list, _ := project.Get("dependencies").(toml.Array)
	for _, v := range list {
		if text, ok := v.(string); ok {
			p.Depends = append(p.Depends, Names(text)...)
		}
	}
	poetry, _ := tool.Get("poetry").(*toml.Table)
	if p.Name == "" {
		p.Name, _ = poetry.Get("name").(string)
	}
	p.keys(poetry, "dependencies")
}

var minor = lazyregexp.New(`^\s*(?:>=|~=|==|\^)?\s*(3\.[0-9]{1,2})\b`)

// minorOf is the Python that a version or a range begins with.
func minorOf(text string) string {
	if m := minor.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// pipfile reads Pipfile.
func (p *Project) pipfile(dir fs.FS) {
	if root := p.table(dir, "Pipfile"); root != nil {
		p.Tool = "pipenv"
		p.keys(root, "packages")
	}
}

// keys takes the names of a table of dependencies.
func (p *Project) keys(t *toml.Table, name string) {
	list, _ := t.Get(name).(*toml.Table)
	if list == nil {
		return
	}
	for key := range list.All {
		if key != "python" {
			p.Depends = append(p.Depends, Normalize(key))
		}
	}
}

func (p *Project) table(dir fs.FS, name string) *toml.Table {
	text, err := ReadText(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		var root *toml.Table
		if root, err = toml.Parse(text); err == nil {
			return root
		}
	}
	p.Broken = append(p.Broken, name+": "+reason(err))
	return nil
}

// ReadText reads a file of bounded size.
func ReadText(dir fs.FS, name string) (string, error) {
	fi, err := fs.Stat(dir, name)
	if err != nil {
		return "", err
	}
	if !fi.Mode().IsRegular() {
		return "", errors.New("it is no regular file")
	}
	f, err := dir.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errors.New("it is too large")
	}
	return string(data), err
}

func isFile(dir fs.FS, name string) bool {
	fi, err := fs.Stat(dir, name)
	return err == nil && fi.Mode().IsRegular()
}

func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// base is a path's last part without its extension.
func base(name string) string { return strings.TrimSuffix(path.Base(name), path.Ext(name)) }
