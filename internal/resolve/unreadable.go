package resolve

import (
	"fmt"
	"maps"
	"slices"
)

// warnUnreadable makes a warning for each version that was passed over because
// something about it can't be read: those newer than the one that was chosen
// and that all who ask for the project take; and all that the search came upon
// of projects that aren't in the solution, which may be for that.
func (s *solver) warnUnreadable(g *graph) []Warning {
	var list []Warning
	for _, name := range slices.Sorted(maps.Keys(s.projects)) {
		p := s.projects[name]
		var chain []string
		if _, ok := g.first[p]; ok {
			chain = s.chain(g, p)
		}
		for i, reason := range s.passedOver(p) {
			list = append(list, Warning{
				Kind: UnreadableWarning, Names: []string{p.name}, Chain: chain,
				Text: fmt.Sprintf("%s %s is passed over: %s", p.name, p.releases[i].version, shown(reason)),
			})
		}
	}
	return list
}

// passedOver yields releases of p that can't be read, the newest first, and why.
func (s *solver) passedOver(p *project) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		from, allowed := 0, p.everything()
		if chosen := s.allowed(p.pkg); s.decided[p.pkg] {
			from = chosen.highest(len(p.releases)) + 1
			allowed = s.wanted(p)
		}
		for i := len(p.releases) - 1; i >= from; i-- {
			reason, bad := p.unreadable[i]
			if r := p.releases[i]; s.decided[p.pkg] && r.rejection == unreadable && (!r.version.IsPrerelease() || s.prereleases.takesPrereleases(p)) {
				reason, bad = r.detail, true
			}
			if bad && allowed.has(i) && !yield(i, reason) {
				return
			}
		}
	}
}

// wanted returns the releases of p that all in the solution take that want it,
// and the user's constraints.
func (s *solver) wanted(p *project) set {
	in := p.everything()
	for id, n := range s.nodes {
		if pkg := pkgID(id); pkg != root && !s.decided[pkg] {
			continue
		}
		for _, e := range n.edges[s.chosen(pkgID(id))] {
			if s.nodes[e.to[0]].project == p {
				in = in.and(s.set(p, e.req))
			}
		}
	}
	for _, r := range s.limits[p.name] {
		in = in.and(s.set(p, r.Requirement))
	}
	return in
}
