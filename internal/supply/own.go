package supply

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// OwnError says that a wheel of the user's own isn't there, or isn't one that
// will do.
type OwnError struct {
	// What is the field of the config and what it says, or the lock's line.
	What string
	// Project is the project whose wheel it is, "" where that isn't known.
	Project string
	Reason  string
}

func (e *OwnError) Error() string { return e.What + ": " + e.Reason }

// ownWheels are the wheels that the config names itself, by normalized name of
// the project: they take the place of whatever a lock or an index has of it.
type ownWheels struct {
	byName map[string][]wheels.Candidate
	// project is what the config's directory of a project holds; the zero one
	// where it names none.
	project requirements.Project
	digests wheels.DigestCache
}

// findOwn lists the wheels that the config's wheels match, and those of the
// project that it names by directory.
func (s settings) findOwn() (*ownWheels, error) {
	o := &ownWheels{byName: map[string][]wheels.Candidate{}, digests: s.digests()}
	errs := make([]error, 0, len(s.cfg.Wheels)+1)
	for i, g := range s.cfg.Wheels {
		what := fmt.Sprintf("wheels[%d]: %q", i, g.Given)
		list, err := matching(what, g.Pattern)
		errs = append(errs, err)
		for _, c := range list {
			o.add(c)
		}
	}
	errs = append(errs, o.addProject(s))
	return o, errors.Join(errs...)
}

// add adds a wheel, unless it is there already.
func (o *ownWheels) add(c wheels.Candidate) {
	name := c.Filename.Normalized
	if !slices.ContainsFunc(o.byName[name], func(b wheels.Candidate) bool { return b.Path == c.Path }) {
		o.byName[name] = append(o.byName[name], c)
	}
}

// matching lists the wheels that a pattern matches; of a directory, those in
// it.
func matching(what, pattern string) ([]wheels.Candidate, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, &OwnError{What: what, Reason: err.Error()}
	}
	var list []wheels.Candidate
	others := 0
	for _, path := range paths {
		if fi, err := os.Stat(path); err == nil && fi.IsDir() {
			in, invalid, err := wheels.ListWheelhouse(path)
			if err != nil {
				return nil, &OwnError{What: what, Reason: err.Error()}
			}
			others += len(invalid)
			list = append(list, in...)
			continue
		}
		name := filepath.Base(path)
		if !strings.HasSuffix(name, ".whl") {
			others++
			continue
		}
		f, err := tags.ParseFilename(name)
		if err != nil {
			return nil, &OwnError{What: what, Reason: err.Error()}
		}
		list = append(list, wheels.Candidate{Path: path, Filename: f})
	}
	switch {
	case len(list) > 0:
		return list, nil
	case others > 0:
		return nil, &OwnError{What: what, Reason: "it matches no wheel, only other files"}
	}
	return nil, &OwnError{What: what, Reason: "it matches no file"}
}

// addProject adds the wheel of the project in the directory that the config
// names: that of its version or, where that is made up by building, the file
// that was written last.
func (o *ownWheels) addProject(s settings) error {
	dir := s.cfg.ProjectDir()
	if dir.IsZero() {
		return nil
	}
	what := fmt.Sprintf("project: %q", dir.Given)
	var err error
	if o.project, err = readProject(dir.Abs, filepath.Join(dir.Given, "pyproject.toml")); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	dist := filepath.Join(dir.Given, "dist")
	all, _, err := wheels.ListWheelhouse(filepath.Join(dir.Abs, "dist"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", what, err)
	}
	list := slices.DeleteFunc(all, func(c wheels.Candidate) bool { return c.Filename.Normalized != o.project.Normalized })
	lacks := &OwnError{What: what, Project: o.project.Normalized, Reason: fmt.Sprintf("there is no wheel of %s in %s", o.project.Name, dist)}
	if len(list) == 0 {
		return lacks
	}
	if v := o.project.Version; !v.IsZero() {
		of := slices.DeleteFunc(slices.Clone(list), func(c wheels.Candidate) bool { return !isVersion(c, v) })
		if len(of) == 0 {
			lacks.Reason = fmt.Sprintf("there is no wheel of %s %s in %s, only %s", o.project.Name, v, dist, candidateNames(list))
			return lacks
		}
		list = of
	}
	for _, c := range list {
		o.add(c)
	}
	return nil
}

// readProject reads the pyproject.toml of a directory, which name calls.
func readProject(dir, name string) (p requirements.Project, err error) {
	f, err := osfile.OpenInput(filepath.Join(dir, "pyproject.toml"))
	if err != nil {
		return p, fmt.Errorf("reading %q: %w", name, osfile.WithoutPath(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return requirements.ReadProject(name, f)
}

// isVersion is the == of PEP 440.
func isVersion(c wheels.Candidate, v pep440.Version) bool {
	return pep440.Exactly(v).Contains(c.Filename.Version, pep440.PrereleasesAllow)
}

// has reports whether the config names a wheel of the project.
func (o *ownWheels) has(name string) bool { return len(o.byName[name]) > 0 }

// supplied tells the readers of locks which projects need no wheel of theirs;
// open opens what a lock may include.
func (o *ownWheels) supplied(open requirements.Opener) requirements.Supplied {
	if len(o.byName) == 0 {
		return requirements.Supplied{}
	}
	return requirements.Supplied{Has: o.has, At: func(dir string) string {
		path := filepath.Join(dir, "pyproject.toml")
		f, err := open(path)
		if err != nil {
			return ""
		}
		p, err := requirements.ReadProject(path, f)
		if errors.Join(err, f.Close()) != nil {
			return ""
		}
		return p.Name
	}}
}

// names are the projects, sorted.
func (o *ownWheels) names() []string {
	names := make([]string, 0, len(o.byName))
	for name := range o.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// fitting returns the wheels of a pin's project that the target can install and
// that the pin allows.
func (o *ownWheels) fitting(pin requirements.Pin, ladder tags.Index) ([]wheels.Candidate, error) {
	name, version, what := pin.Normalized, pin.Version, "wheels"
	if pin.File != "" {
		what = fmt.Sprintf("%s:%d", pin.File, pin.Line)
	}
	list := o.byName[name]
	fits := slices.DeleteFunc(slices.Clone(list), func(c wheels.Candidate) bool { return ladder.Rank(c.Filename.Tags) == tags.Unsupported })
	if len(fits) == 0 {
		return nil, &OwnError{What: what, Project: name, Reason: "the target can't install " + candidateNames(list)}
	}
	wanted := "is pinned"
	if version.IsZero() && name == o.project.Normalized {
		version, wanted = o.project.Version, "is the project's version"
	}
	of := slices.DeleteFunc(slices.Clone(fits), func(c wheels.Candidate) bool {
		return !version.IsZero() && !isVersion(c, version) || !pin.Allowed.Contains(c.Filename.Version, pep440.PrereleasesAllow)
	})
	switch {
	case len(of) > 0:
		return of, nil
	case version.IsZero() || !pin.Allowed.Contains(version, pep440.PrereleasesAllow):
		return nil, &OwnError{What: what, Project: name, Reason: fmt.Sprintf("%s%s is required, but your own wheel is %s", name, pin.Allowed, candidateNames(fits))}
	}
	return nil, &OwnError{What: what, Project: name, Reason: fmt.Sprintf("%s %s %s, but your own wheel is %s", name, version, wanted, candidateNames(fits))}
}

func candidateNames(list []wheels.Candidate) string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.Filename.String()
	}
	return report.List(names)
}
