package resolve

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// Solution is a set of versions that work together.
type Solution struct {
	Pins     []Pin // by name
	Warnings []Warning
	// Unused are the exclusions and overrides, as they were given, that applied
	// to nothing.
	Unused []string
	// Looked says how much was looked at.
	Looked Progress
}

// Pin is a project at one version.
type Pin struct {
	Name        string // normalized
	Version     pep440.Version
	VersionText string   // as the best wheel's name has it
	Extras      []string // that it has and that somebody wants, normalized, sorted
	// Wheels are those that the target can install, best first. What the
	// target can't install is left out, as the lock is for the target: see
	// AllFiles.
	Wheels []File
	// AllFiles are all files of the release with a SHA-256, source archives
	// included, by name.
	AllFiles []File
	// Direct says that the user names the wheel by path or URL.
	Direct         bool
	RequiresPython string
	Yanked         bool
	YankedReason   string
	// Via says who wants it: the user first, then projects by name.
	Via []Want
}

// Want is a requirement on a pin.
type Want struct {
	// Name is the project that wants it, normalized; "" for the user.
	Name string
	// File and Line are where the user wants it.
	File string
	Line int
	// Constraint says that the user limits it, and asks for it elsewhere.
	Constraint bool
	// Requirement is what is wanted, in normal form.
	Requirement string
}

// solution turns the finished search into pins. Only what can be reached from
// the user's requirements is one.
func (s *solver) solution(ctx context.Context) (*Solution, error) {
	g := s.walk()
	out := &Solution{}
	missing := map[string][]string{}
	for _, p := range g.projects {
		i := s.chosen(p.pkg)
		m, err := s.fetch.require(ctx, p.releases[i])
		if err != nil {
			return nil, err
		}
		pin := s.pin(p, i, m, g.wants[p])
		for _, extra := range s.sortedExtras(p) {
			if slices.Contains(m.ProvidesExtra, extra) {
				pin.Extras = append(pin.Extras, extra)
			} else {
				missing[p.name] = append(missing[p.name], extra)
			}
		}
		out.Pins = append(out.Pins, pin)
	}
	slices.SortFunc(out.Pins, func(a, b Pin) int { return cmp.Compare(a.Name, b.Name) })
	if err := s.listWhole(ctx, out.Pins); err != nil {
		return nil, err
	}
	out.Warnings = s.warn(g, out.Pins, missing)
	s.fetch.mu.Lock()
	out.Looked = s.fetch.progress
	s.fetch.mu.Unlock()
	out.Looked.Pins, out.Looked.Name = len(out.Pins), ""
	out.Unused = s.fetch.steer.unused()
	return out, nil
}

func (s *solver) pin(p *project, i int, m Metadata, via []Want) Pin {
	r := p.releases[i]
	_, direct := s.fetch.direct[p.name]
	pin := Pin{
		Name:           p.name,
		Version:        r.version,
		VersionText:    r.text,
		Direct:         direct,
		RequiresPython: cmp.Or(m.RequiresPython, r.wheels[0].RequiresPython),
		Yanked:         r.yanked,
		YankedReason:   r.reason,
		Via:            via,
	}
	for _, f := range r.wheels {
		pin.Wheels = append(pin.Wheels, *f)
	}
	for _, f := range r.files {
		if f.SHA256 != "" {
			pin.AllFiles = append(pin.AllFiles, f)
		}
	}
	for _, c := range s.limits[p.name] {
		pin.Via = append(pin.Via, Want{File: c.File, Line: c.Line, Constraint: true, Requirement: redacted(c.Requirement)})
	}
	slices.SortStableFunc(pin.Via, func(a, b Want) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Requirement, b.Requirement))
	})
	pin.Via = slices.Compact(pin.Via)
	return pin
}

func redacted(r pep508.Requirement) string { return pep508.Redact(r.String()) }

// chosen returns the release that was decided for pkg.
func (s *solver) chosen(pkg pkgID) int { return s.allowed(pkg).highest(s.size[pkg] - 1) }

// graph is what the solution has, with who wants it.
type graph struct {
	projects []*project // nearest to the user first
	wants    map[*project][]Want
	// first is the step by which a project was reached first.
	first map[*project]step
}

// step leads from a package to a project that it wants.
type step struct {
	from pkgID
	edge edge
}

// walk goes through the solution from the root, nearest first.
func (s *solver) walk() *graph {
	g := &graph{wants: map[*project][]Want{}, first: map[*project]step{}}
	seen := map[pkgID]bool{root: true}
	queue := []pkgID{root}
	for len(queue) > 0 {
		pkg := queue[0]
		queue = queue[1:]
		n := s.nodes[pkg]
		for _, e := range n.edges[s.chosen(pkg)] {
			to := s.nodes[e.to[0]].project
			if _, ok := g.first[to]; !ok {
				g.first[to] = step{pkg, e}
				g.projects = append(g.projects, to)
			}
			want := Want{File: e.from.file, Line: e.from.line, Requirement: redacted(e.req)}
			if n.project != nil {
				want.Name = n.project.name
			}
			if n.project != to { // but for extras that include each other
				g.wants[to] = append(g.wants[to], want)
			}
			for _, next := range e.to {
				if !seen[next] {
					seen[next] = true
					queue = append(queue, next)
				}
			}
		}
	}
	return g
}

// chain says how the user's requirements lead to p, one step an item.
func (s *solver) chain(g *graph, p *project) []string {
	var list []string
	for p != nil {
		st := g.first[p]
		n := s.nodes[st.from]
		who := st.edge.from.String()
		if n.project != nil {
			who = fmt.Sprintf("%s %s", n.label(), n.project.releases[s.chosen(st.from)].version)
		}
		list = append(list, fmt.Sprintf("%s wants %s", who, withoutMarker(st.edge.req)))
		p = n.project
	}
	slices.Reverse(list)
	return list
}

// withoutMarker is a requirement without its marker, which held.
func withoutMarker(r pep508.Requirement) string {
	r.Marker = nil
	return shown(redacted(r))
}
