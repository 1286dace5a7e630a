package resolve

import (
	"slices"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// prereleases are the pre-releases and yanked releases that may be taken although they usually aren't.
type prereleases struct {
	all    bool            // every pre-release
	pre    map[string]bool // pre-releases of these projects
	yanked map[string]bool // "name==version"
}

// prereleaseRules returns what the user's own requirements permit.
func (w *userRequirements) prereleaseRules(steer *steering) prereleases {
	g := prereleases{all: w.prereleases, pre: map[string]bool{}, yanked: map[string]bool{}}
	for name := range w.direct {
		g.pre[name] = true
	}
	own := make([]pep508.Requirement, 0, len(w.requirements)+len(w.constraints)+len(steer.with))
	for _, r := range slices.Concat(w.requirements, w.constraints) {
		own = append(own, r.Requirement)
	}
	for _, r := range steer.with {
		if r != nil {
			own = append(own, *r)
		}
	}
	for _, r := range own {
		name := pep508.NormalizeName(r.Name)
		if r.Specifiers.NamesPrerelease() {
			g.pre[name] = true
		}
		if v, ok := r.Specifiers.Pinned(); ok {
			g.yanked[yankKey(name, v)] = true
		}
	}
	return g
}

func yankKey(name string, v pep440.Version) string { return name + "==" + v.Canonical() }

// takesYanked reports whether a yanked version may be taken: where it is asked
// for exactly (PEP 592).
func (g prereleases) takesYanked(name string, v pep440.Version) bool {
	return g.yanked[yankKey(name, v)] || g.yanked[yankKey(name, v.Public())]
}

// takesPrereleases reports whether pre-releases of p may be taken (PEP 440).
func (g prereleases) takesPrereleases(p *project) bool {
	if g.all || g.pre[p.name] {
		return true
	}
	return !p.hasFinal(p.everything())
}

// hasFinal reports whether a final release of p is in a set, be it for another
// target.
func (p *project) hasFinal(in set) bool {
	for i, r := range p.releases {
		if in.has(i) && !r.version.IsPrerelease() && r.rejection != tooNew && r.rejection != noTime {
			return true
		}
	}
	return false
}

func (p *project) everything() set { return fullSet(len(p.releases) + 1) }

// widen looks at the facts that make a solution impossible. Where a project
// of them asks for pre-releases or yanked releases that were left out, it
// permits those and returns true: the search may go better now.
func (g prereleases) widen(s *solver, facts []*fact) bool {
	left := map[pkgID]set{} // pre-releases that were left out
	for _, f := range facts {
		if f.kind == excludes && f.rejection == isPrerelease {
			left[f.pkg] = f.releases
		}
	}
	changed := false
	for _, f := range facts {
		if f.kind != wants && f.kind != limits {
			continue
		}
		p := s.nodes[f.on].project
		if pre, ok := left[p.pkg]; ok && pre.meets(f.allowed) && !g.pre[p.name] &&
			(f.req.Specifiers.NamesPrerelease() || !p.hasFinal(f.allowed)) {
			g.pre[p.name] = true
			changed = true
		}
		if v, ok := f.req.Specifiers.Pinned(); ok && !g.yanked[yankKey(p.name, v)] && p.hasYanked(f.allowed) {
			g.yanked[yankKey(p.name, v)] = true
			changed = true
		}
	}
	return changed
}

func (p *project) hasYanked(in set) bool {
	for i, r := range p.releases {
		if in.has(i) && r.fits() && r.yanked {
			return true
		}
	}
	return false
}
