package resolve

import (
	"context"
	"fmt"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// maxProjects bounds how many projects a search may meet, so that hostile
// metadata can't keep it going.
const maxProjects = 10_000

// project is a project within one search.
type project struct {
	name   string
	pkg    pkgID // without extras
	extras map[string]pkgID
	listing
	available set // releases that nothing excludes so far
	sets      map[string]set
	// unreadable has what is wrong about the releases whose metadata was found
	// to be unusable.
	unreadable map[int]string
	reported   bool // a conflict says what is against some releases
}

// node is a package of the search: a project, or a project with one extra.
type node struct {
	project *project // nil for the root
	extra   string
	depth   int // steps from the root when it was met first
	// edges are what the releases that were looked at require.
	edges map[int][]edge
	// tied are the releases for which the extra is tied to its project.
	tied map[int]bool
}

// edge is a requirement of a release on a project.
type edge struct {
	to   []pkgID // the project, and the project with each extra
	req  pep508.Requirement
	from source // of the user's own
}

// project returns the project with that name, whose releases it lists when it
// is met first.
func (s *solver) project(ctx context.Context, name string, depth int) (*project, error) {
	if p, ok := s.projects[name]; ok {
		return p, nil
	}
	if len(s.projects) >= maxProjects {
		return nil, fmt.Errorf("resolving: more than %d projects are asked for", maxProjects)
	}
	l, err := s.fetch.project(ctx, name)
	if err != nil {
		return nil, err
	}
	p := &project{name: name, listing: l, extras: map[string]pkgID{}, sets: map[string]set{}, unreadable: map[int]string{}}
	p.pkg = s.addNode(&node{project: p, depth: depth}, len(l.releases))
	p.available = s.installed(p.pkg)
	s.projects[name] = p
	s.exclude(p)
	return p, s.limit(p)
}

// extra returns the package for a project with an extra.
func (s *solver) extra(p *project, extra string, depth int) pkgID {
	pkg, ok := p.extras[extra]
	if !ok {
		pkg = s.addNode(&node{project: p, extra: extra, depth: depth}, len(p.releases))
		p.extras[extra] = pkg
	}
	return pkg
}

func (s *solver) addNode(n *node, releases int) pkgID {
	n.edges = map[int][]edge{}
	n.tied = map[int]bool{}
	s.nodes = append(s.nodes, n)
	return s.addPkg(releases)
}

// exclude adds facts about the releases that can't be taken.
func (s *solver) exclude(p *project) {
	type group struct {
		rejection rejection
		detail    string
	}
	groups := map[group]*fact{}
	var facts []*fact
	for i, r := range p.releases {
		g := group{r.rejection, r.detail}
		switch {
		case s.fetch.avoid.match(p.name):
			g = group{rejection: isAvoided}
		case !r.fits():
		case r.yanked && !s.prereleases.takesYanked(s, p, i):
			g = group{isYanked, r.reason}
		case r.version.IsPrerelease() && !s.prereleases.takesPrereleases(p):
			g = group{rejection: isPrerelease}
		default:
			continue
		}
		f := groups[g]
		if f == nil {
			f = &fact{kind: excludes, pkg: p.pkg, releases: newSet(len(p.releases) + 1), rejection: g.rejection, detail: g.detail}
			groups[g] = f
			facts = append(facts, f)
		}
		f.releases.add(i)
		p.available.remove(i)
	}
	for _, f := range facts {
		s.learnFact(f)
	}
}

// set returns the releases of p that a requirement takes.
func (s *solver) set(p *project, req pep508.Requirement) set {
	key := req.Specifiers.String()
	if req.URL != "" {
		key = "@" + req.URL
	}
	if in, ok := p.sets[key]; ok {
		return in
	}
	in := newSet(len(p.releases) + 1)
	_, direct := s.fetch.direct[p.name]
	for i, r := range p.releases {
		if req.URL != "" {
			if direct && r.files[0].URL == req.URL {
				in.add(i)
			}
			continue
		}
		if req.Specifiers.Contains(r.version, pep440.PrereleasesAllow) {
			in.add(i)
		}
	}
	p.sets[key] = in
	return in
}

// label returns how messages call a package.
func (n *node) label() string {
	switch {
	case n.project == nil:
		return "you"
	case n.extra != "":
		return n.project.name + "[" + n.extra + "]"
	}
	return n.project.name
}
