package solve

import (
	"github.com/assemble-image/assemble/internal/debs/dependency"
)

// kind is a field that names other packages.
type kind int

const (
	preDepends kind = iota
	depends
	conflicts
	breaks
	recommends
)

var kindNames = [...]string{"Pre-Depends", "Depends", "Conflicts", "Breaks", "Recommends"}

func (k kind) String() string { return kindNames[k] }

// negative reports whether the field keeps packages away.
func (k kind) negative() bool { return k == conflicts || k == breaks }

// critical reports whether a package is broken where the field isn't heeded.
func (k kind) critical() bool { return k != recommends }

// need is one thing that a release asks for: a group of alternatives, or a
// relation that must not be.
type need struct {
	owner *release
	kind  kind
	any   []alternative
}

type alternative struct {
	dependency.Relation
	target *node
}

func (d *need) String() string {
	g := make(dependency.Group, len(d.any))
	for i, a := range d.any {
		g[i] = a.Relation
	}
	return g.String()
}

// needs returns what a release asks for, in the order in which apt reads it.
func (u *universe) needs(r *release) []*need {
	if r.parsed {
		return r.deps
	}
	r.parsed = true
	for k, field := range []string{r.PreDepends, r.Depends, r.Conflicts, r.Breaks, r.Recommends} {
		for _, g := range parseField(field) {
			if kind(k).negative() {
				for _, relation := range g {
					r.deps = append(r.deps, &need{owner: r, kind: kind(k), any: []alternative{{relation, u.target(relation)}}})
				}
				continue
			}
			d := &need{owner: r, kind: kind(k)}
			for _, relation := range g {
				d.any = append(d.any, alternative{relation, u.target(relation)})
			}
			r.deps = append(r.deps, d)
		}
	}
	return r.deps
}

// which says which release of a package is looked at.
type which func(*node) *release

// What is there now, what will be, and what could be.
func now(n *node) *release    { return n.current }
func after(n *node) *release  { return n.install }
func chosen(n *node) *release { return n.candidate }

// targets yields the releases that an alternative is about and that count by
// w. A package is never in its own way.
func (u *universe) targets(d *need, a alternative, w which, yield func(*release) bool) {
	mine := func(n *node) bool { return d.kind.negative() && n == d.owner.node }
	if u.steps++; u.exhausted() {
		return
	}
	if r := w(a.target); r != nil && !mine(a.target) && a.Matches(r.Version) && !yield(r) {
		return
	}
	providers := u.providers(a.target)
	u.steps += len(providers)
	for _, p := range providers {
		if !mine(p.by.node) && w(p.by.node) == p.by && p.matches(a.Relation) && !yield(p.by) {
			return
		}
	}
}

// matches reports whether what is provided will do. What has no version
// doesn't for a relation that names one (Debian Policy 7.5).
func (p provision) matches(r dependency.Relation) bool {
	return r.Op == dependency.None || p.version != "" && r.Matches(p.version)
}

// hit reports whether some release that counts is what the alternative names.
func (u *universe) hit(d *need, a alternative, w which) bool {
	found := false
	u.targets(d, a, w, func(*release) bool {
		found = true
		return false
	})
	return found
}

// ok reports whether one alternative alone does what the need asks for.
func (u *universe) ok(d *need, a alternative, w which) bool {
	return u.hit(d, a, w) != d.kind.negative()
}

// met reports whether a need is met.
func (u *universe) met(d *need, w which) bool {
	for _, a := range d.any {
		if u.ok(d, a, w) {
			return true
		}
	}
	return false
}

// everyTarget returns the releases of whatever version that an alternative is
// about.
func (u *universe) everyTarget(d *need, a alternative) []*release {
	var out []*release
	mine := func(n *node) bool { return d.kind.negative() && n == d.owner.node }
	if !mine(a.target) {
		for _, r := range a.target.versions {
			if a.Matches(r.Version) {
				out = append(out, r)
			}
		}
	}
	for _, p := range u.providers(a.target) {
		if !mine(p.by.node) && p.matches(a.Relation) {
			out = append(out, p.by)
		}
	}
	return out
}
