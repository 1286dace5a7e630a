package resolve

import (
	"slices"

	"github.com/assemble-image/assemble/wheels/pep508"
)

// prereleases are the pre-releases and yanked releases that may be taken although they usually aren't.
type prereleases struct {
	all  bool                            // every pre-release
	pre  map[string]bool                 // pre-releases of these projects
	pins map[string][]pep508.Requirement // by project, what pins a version of it
}

// prereleaseRules returns what the user's own requirements permit.
func (w *userRequirements) prereleaseRules(steer *steering) prereleases {
	g := prereleases{all: w.prereleases, pre: map[string]bool{}, pins: map[string][]pep508.Requirement{}}
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
		g.pin(name, r)
	}
	return g
}

// pin notes a requirement that pins a version, and reports whether that is
// news.
func (g prereleases) pin(name string, r pep508.Requirement) bool {
	same := func(o pep508.Requirement) bool { return o.Specifiers.String() == r.Specifiers.String() }
	if !r.Specifiers.PinsExactly() || slices.ContainsFunc(g.pins[name], same) {
		return false
	}
	g.pins[name] = append(g.pins[name], r)
	return true
}

// takesYanked reports whether release i of p may be taken although it was
// yanked: where somebody pins it and the pin takes nothing else that fits, such
// as another local build (PEP 592, as pip has it).
func (g prereleases) takesYanked(s *solver, p *project, i int) bool {
	return slices.ContainsFunc(g.pins[p.name], func(r pep508.Requirement) bool {
		in := s.set(p, r)
		return in.has(i) && p.onlyYanked(in)
	})
}

// onlyYanked reports whether all releases of p in a set that fit were yanked.
func (p *project) onlyYanked(in set) bool {
	found := false
	for i, r := range p.releases {
		if !in.has(i) || !r.fits() {
			continue
		}
		if !r.yanked {
			return false
		}
		found = true
	}
	return found
}

// takesPrereleases reports whether pre-releases of p may be taken (PEP 440).
func (g prereleases) takesPrereleases(p *project) bool {
	if g.all || g.pre[p.name] || len(p.releases) > 0 && p.releases[0].files[0].Own {
		return true
	}
	return !p.hasFinal(p.everything())
}

// hasFinal reports whether a set has a final release of p that the target can
// install.
func (p *project) hasFinal(in set) bool {
	for i, r := range p.releases {
		if in.has(i) && !r.version.IsPrerelease() && r.fits() {
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
	permit := func(p *project, asked bool, allowed set) {
		if pre, ok := left[p.pkg]; ok && pre.meets(allowed) && !g.pre[p.name] && (asked || !p.hasFinal(allowed)) {
			g.pre[p.name] = true
			changed = true
		}
	}
	for _, f := range facts {
		if f.kind != wants && f.kind != limits {
			continue
		}
		p := s.nodes[f.on].project
		permit(p, f.req.Specifiers.NamesPrerelease(), f.allowed)
		if p.onlyYanked(f.allowed) && g.pin(p.name, f.req) {
			changed = true
		}
	}
	for p, allowed := range s.wantedTogether(facts) {
		permit(p, false, allowed)
	}
	return changed
}

// wantedTogether returns, by project, the releases that all the facts take that
// want something of it: those of the user each, those of a package's releases
// any of them.
func (s *solver) wantedTogether(facts []*fact) map[*project]set {
	together := map[*project]set{}
	narrow := func(p *project, allowed set) {
		if before, ok := together[p]; ok {
			allowed = before.and(allowed)
		}
		together[p] = allowed
	}
	type edge struct{ from, on pkgID }
	any := map[edge]set{}
	for _, f := range facts {
		switch p := s.nodes[f.on].project; {
		case f.kind == limits, f.kind == wants && f.pkg == root:
			narrow(p, f.allowed)
		case f.kind == wants:
			e := edge{f.pkg, p.pkg}
			if before, ok := any[e]; ok {
				any[e] = before.or(f.allowed)
			} else {
				any[e] = f.allowed
			}
		}
	}
	for e, allowed := range any {
		narrow(s.nodes[e.on].project, allowed)
	}
	return together
}
