package resolve

import (
	"github.com/assemble-image/assemble/wheels/pep508"
)

// kind says what sort of fact it is.
type kind int

const (
	// wants: a package, or the user, requires another.
	wants kind = iota
	// limits: a constraint of the user.
	limits
	// excludes: releases that can't be taken, whoever asks for them.
	excludes
	// ties: a package with an extra has the version of that without.
	ties
)

// fact is a reason for an incompatibility that isn't itself derived.
type fact struct {
	kind kind
	// pkg is whom the fact is about (root for the user), and releases which
	// of its releases.
	pkg      pkgID
	releases set
	// on is what it wants or limits, allowed which releases of it, "not
	// installed" never included.
	on      pkgID
	allowed set
	req     pep508.Requirement
	where   source // of the user's own requirements
	// overridden says that req is the user's, in place of what it was.
	overridden bool

	rejection rejection
	detail    string
}

// terms returns the terms that can't all hold by f.
func (f *fact) terms(e *engine) []term {
	about := term{f.pkg, f.releases}
	switch f.kind {
	case wants:
		return []term{about, {f.on, fullSet(e.size[f.on]).minus(f.allowed)}}
	case excludes:
		return []term{about}
	case limits:
		return []term{{f.on, e.installed(f.on).minus(f.allowed)}}
	case ties: // on is tied to pkg
	}
	return []term{about, {f.on, e.installed(f.on).minus(f.allowed)}}
}

// installed returns the set of all releases of p.
func (e *engine) installed(p pkgID) set {
	s := fullSet(e.size[p])
	s.remove(e.size[p] - 1)
	return s
}

// learnFact adds what f says.
func (e *engine) learnFact(f *fact) { e.addFact(f, f.terms(e)...) }
