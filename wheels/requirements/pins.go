package requirements

import (
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// Pin is one project at one version, with the hashes that its wheel may have.
type Pin struct {
	Name        string // as written
	Normalized  string // in the form of PEP 503
	Version     pep440.Version
	VersionText string // as written
	Extras      []string
	Hashes      []string          // "sha256:…" and others, lower case; at least one
	Marker      *pep508.Marker    // nil when the pin holds everywhere
	URL         string            // where the one wheel is, "" for any index; may hold credentials
	Path        string            // where the one wheel is, "" for none
	Wheels      []Wheel           // what a lock says of the wheels; empty for requirements
	Supplied    bool              // the lock has no wheel of it: see [Supplied]; then Version may be zero and Hashes empty
	Allowed     pep440.Specifiers // what a requirement without a version allows, of a Supplied one
	File        string
	Line        int    // 0 when unknown
	Comment     string // lines joined by "\n", such as "via fastapi"
}

// Wheel is a file that a lock offers for a pin.
type Wheel struct {
	Name   string   // file name
	URL    string   // may hold credentials; "" when the lock names none
	Path   string   // relative to the lock; "" when the lock names none
	Size   int64    // bytes, 0 when unknown
	Hashes []string // like the pin's
}

// Pins returns the requirements of f that hold in env as pins, in file order.
// Every one must name an exact version and have a hash, and no project may be
// named twice. All that is wrong is in one error, see [ListProblems].
func Pins(f *File, env pep508.Environment) ([]Pin, error) {
	var ps problems
	pins := make([]Pin, 0, len(f.Requirements))
	first := make(map[string]*Requirement, len(f.Requirements))
	for i := range f.Requirements {
		req := &f.Requirements[i]
		if !req.holds(env, &ps) {
			continue
		}
		name := pep508.NormalizeName(req.Name)
		if other, found := first[name]; found {
			if other.File != req.File || other.Line != req.Line { // not one file included twice
				req.problem(&ps, KindDuplicate, "%s is already listed at %s:%d", name, other.File, other.Line)
			}
			continue
		}
		first[name] = req
		if pin, ok := req.pin(&ps, f.supplied); ok {
			pins = append(pins, pin)
		}
	}
	constrain(f.Constraints, env, pins, &ps)
	if err := ps.err(); err != nil {
		return nil, err
	}
	return pins, nil
}

func (req *Requirement) problem(ps *problems, kind Kind, format string, args ...any) {
	ps.add(req.File, req.Line, req.Text, kind, format, args...)
}

func (req *Requirement) holds(env pep508.Environment, ps *problems) bool {
	holds, err := req.Marker.Eval(env)
	if err != nil {
		req.problem(ps, KindMarker, "%v", err)
	}
	return holds && err == nil
}

// pin turns a requirement into a pin. Everything that is missing is reported.
func (req *Requirement) pin(ps *problems, from Supplied) (Pin, bool) {
	version, text, pinned := req.wheelVersion, req.versionText, !req.wheelVersion.IsZero()
	if !pinned {
		version, pinned = req.Specifiers.Pinned()
		if pinned {
			text = req.Specifiers.Clauses()[0].Text()
		}
	}
	hashed := len(req.Hashes) > 0
	supplied := req.supplied || (!pinned || !hashed) && from.has(req.Name)
	switch {
	case supplied:
	case !pinned:
		req.problem(ps, KindUnpinned, "not pinned to one version with ==")
	case !hashed:
		req.problem(ps, KindUnhashed, "no --hash")
	}
	if (!pinned || !hashed) && !supplied {
		return Pin{}, false
	}
	var allowed pep440.Specifiers
	if !pinned {
		allowed = req.Specifiers
	}
	return Pin{
		Name: req.Name, Normalized: pep508.NormalizeName(req.Name), Version: version, VersionText: text,
		Extras: req.Extras, Hashes: req.Hashes, Marker: req.Marker, URL: req.URL, Path: req.Path,
		File: req.File, Line: req.Line, Comment: req.Comment, Supplied: supplied, Allowed: allowed,
	}, true
}

// constrain checks the pins against constraints. As with pip, the hashes of a
// constraint and of its requirement must both allow a wheel.
func constrain(constraints []Requirement, env pep508.Environment, pins []Pin, ps *problems) {
	index := make(map[string]int, len(pins))
	for i, p := range pins {
		index[p.Normalized] = i
	}
	for i := range constraints {
		c := &constraints[i]
		at, found := index[pep508.NormalizeName(c.Name)]
		if !found || !c.holds(env, ps) {
			continue
		}
		p := &pins[at]
		where := fmt.Sprintf("%s:%d", p.File, p.Line)
		fits := c.Specifiers.Contains(p.Version, pep440.PrereleasesAllow)
		if !c.wheelVersion.IsZero() {
			fits = c.wheelVersion.Equal(p.Version)
		}
		if !fits {
			c.problem(ps, KindConstraint, "%s pins %s to %s", where, p.Normalized, p.VersionText)
			continue
		}
		if len(c.Hashes) == 0 {
			continue
		}
		allowed := make(map[string]bool, len(c.Hashes))
		for _, hash := range c.Hashes {
			allowed[hash] = true
		}
		both := slices.DeleteFunc(slices.Clone(p.Hashes), func(h string) bool { return !allowed[h] })
		if len(both) == 0 {
			c.problem(ps, KindConstraint, "shares no hash with %s", where)
			continue
		}
		p.Hashes = both
	}
}
