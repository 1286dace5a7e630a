// Package needs knows what Python projects need at run time that no file of theirs
// shows: libraries that they open by name, programs that they start.
//
// Start with [Known], and with [Row.Missing] for what an image lacks.
package needs

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/assemble-image/assemble/wheels/pep440"
)

//go:embed needs.yaml
var data []byte

// Row is what some projects need.
type Row struct {
	// Projects are those, by normalized names.
	Projects []string `yaml:"projects"`
	// Needs are what must be in the image: "library:SONAME", "program:NAME",
	// "file:PATH", or several that "|" parts, of which one does.
	Needs []string `yaml:"needs"`
	// Packages are Debian's that have it.
	Packages []string `yaml:"packages"`
	// When is "import" where importing the project fails without it, or "use".
	When string `yaml:"when"`
	// Unless are projects that bring it.
	Unless []string `yaml:"unless"`
	// Version are the versions of the projects that need it; all where empty.
	Version string `yaml:"version"`
	// For says what it is needed for, Source where that is known from.
	For    string `yaml:"for"`
	Source string `yaml:"source"`
}

// Has answers what is in an image: kind is one of "library", "program" and
// "file".
type Has func(kind, name string) bool

var known = sync.OnceValues(func() ([]Row, error) {
	var rows []Row
	if err := yaml.UnmarshalWithOptions(data, &rows, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("reading what projects need: %w", err)
	}
	for i := range rows {
		if err := rows[i].Check(); err != nil {
			return nil, fmt.Errorf("reading what %s needs: %w", strings.Join(rows[i].Projects, ", "), err)
		}
	}
	return rows, nil
})

// Known returns the rows that come with the program.
func Known() ([]Row, error) { return known() }

// Check says what is wrong about a row.
func (r *Row) Check() error {
	switch {
	case len(r.Projects) == 0:
		return errors.New("it names no projects")
	case len(r.Needs) == 0:
		return errors.New("it names no needs")
	case r.When != "" && r.When != "import" && r.When != "use":
		return fmt.Errorf("%q must be import or use", r.When)
	}
	for _, n := range r.Needs {
		for one := range strings.SplitSeq(n, "|") {
			kind, name, ok := strings.Cut(one, ":")
			if !ok || name == "" || !slices.Contains([]string{"library", "program", "file"}, kind) {
				return fmt.Errorf("%q must be library:SONAME, program:NAME or file:PATH", one)
			}
		}
	}
	if r.Version != "" {
		if _, err := pep440.ParseSpecifiers(r.Version); err != nil {
			return err
		}
	}
	return nil
}

// About reports whether the row is about a version of a project, in a set with
// others.
func (r *Row) About(project, version string, others func(string) bool) bool {
	if !slices.Contains(r.Projects, project) || slices.ContainsFunc(r.Unless, others) {
		return false
	}
	if r.Version == "" {
		return true
	}
	set, err := pep440.ParseSpecifiers(r.Version)
	if err != nil {
		return false
	}
	v, err := pep440.Parse(version)
	return err == nil && set.Contains(v, pep440.PrereleasesAllow)
}

// Missing lists what an image lacks, in the words "program dot".
func (r *Row) Missing(has Has) []string {
	var out []string
	for _, n := range r.Needs {
		first, found := "", false
		for one := range strings.SplitSeq(n, "|") {
			kind, name, _ := strings.Cut(one, ":")
			if first == "" {
				first = kind + " " + name
			}
			found = found || has(kind, name)
		}
		if !found {
			out = append(out, first)
		}
	}
	return out
}
