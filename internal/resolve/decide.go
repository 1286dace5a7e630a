package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/wheels/pep508"
)

// conflictThreshold is the number of conflicts after which a package is decided earlier,
// so that the search no longer walks into them from afar.
const conflictThreshold = 5

// next returns the package to decide on; ok is false when all are. Extras
// come right after their project, then those with one choice, those that often
// conflict, those near the root; names break ties.
func (s *solver) next() (pkg pkgID, ok bool) {
	type rank struct{ tier, depth int }
	var best rank
	for id, n := range s.nodes {
		p := pkgID(id)
		allowed := s.allowed(p)
		if s.decided[p] || p == root || allowed.has(s.size[p]-1) {
			continue
		}
		r := rank{tier: 3, depth: n.depth}
		switch {
		case n.extra != "" && !s.decided[n.project.pkg]:
			continue // its project is to be decided first
		case n.extra != "":
			r.tier = 0
		case allowed.and(n.project.available).count() <= 1:
			r.tier = 1
		case s.conflictCount[p] >= conflictThreshold:
			r.tier = 2
		}
		if !ok || cmp.Or(cmp.Compare(r.tier, best.tier), cmp.Compare(r.depth, best.depth),
			cmp.Compare(n.label(), s.nodes[pkg].label())) < 0 {
			pkg, best, ok = p, r, true
		}
	}
	return pkg, ok
}

// choose returns the release of pkg to try.
func (s *solver) choose(pkg pkgID) int {
	n := s.nodes[pkg]
	allowed := s.allowed(pkg)
	if n.extra != "" {
		return s.allowed(n.project.pkg).highest(len(n.project.releases))
	}
	if fits := allowed.and(n.project.available); !fits.empty() {
		allowed = fits
	}
	if version, ok := s.opt.Prefer[n.project.name]; ok {
		for i, r := range n.project.releases {
			if allowed.has(i) && r.version.Equal(version) {
				return i
			}
		}
	}
	return allowed.highest(len(n.project.releases))
}

// expand makes known what release i of pkg requires; fresh is false when it was
// known already.
func (s *solver) expand(ctx context.Context, pkg pkgID, i int) (fresh bool, err error) {
	n := s.nodes[pkg]
	if n.extra != "" && !n.tied[i] {
		n.tied[i] = true
		s.learnFact(&fact{
			kind: ties, pkg: n.project.pkg, releases: oneSet(s.size[pkg], i),
			on: pkg, allowed: oneSet(s.size[pkg], i),
		})
		return true, nil
	}
	if _, ok := n.edges[i]; ok || !n.project.available.has(i) {
		return false, nil
	}
	n.edges[i] = nil
	s.prefetchOlder(ctx, n, i)
	deps, err := s.dependencies(ctx, n, i)
	var bad *unusable
	if errors.As(err, &bad) {
		n.project.available.remove(i)
		if bad.rejection == badMetadata {
			n.project.unreadable[i] = bad.detail
		}
		s.learnFact(&fact{
			kind: excludes, pkg: n.project.pkg, releases: oneSet(s.size[pkg], i),
			rejection: bad.rejection, detail: bad.detail,
		})
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for _, req := range deps {
		if err := s.require(ctx, pkg, i, req, source{}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// unusable is a release that its own metadata rules out.
type unusable struct {
	rejection rejection
	detail    string
}

func (u *unusable) Error() string { return u.detail }

// dependencies returns what release i of n requires for the target: without
// extras, or what its extra adds.
func (s *solver) dependencies(ctx context.Context, n *node, i int) ([]pep508.Requirement, error) {
	m, err := s.fetch.require(ctx, n.project.releases[i])
	if errors.Is(err, ErrBadMetadata) {
		return nil, &unusable{badMetadata, err.Error()}
	}
	if err != nil {
		return nil, err
	}
	switch s.fetch.filter.takesPython(m.RequiresPython) {
	case pythonOut:
		return nil, &unusable{wrongPython, m.RequiresPython}
	case pythonUnreadable:
		return nil, &unusable{badMetadata, fmt.Sprintf("%v of %q: %s", ErrBadMetadata, n.project.releases[i].wheels[0].Name, unreadablePython(m.RequiresPython))}
	case pythonIn:
	}
	var list []pep508.Requirement
	for _, req := range m.RequiresDist {
		holds, err := req.Marker.Eval(s.opt.Env)
		if n.extra != "" && err == nil && !holds {
			holds, err = req.Marker.Eval(s.opt.Env, n.extra)
		} else if n.extra != "" {
			holds = false // the project itself wants it already
		}
		if err != nil {
			return nil, &unusable{badMetadata, fmt.Sprintf("%v of %q: reading requirement %q: %v", ErrBadMetadata, n.project.releases[i].wheels[0].Name, req, err)}
		}
		if !holds {
			continue
		}
		if req, ok := s.fetch.steer.apply(req); ok {
			list = append(list, req)
			s.fetch.prefetch(ctx, req)
		}
	}
	return list, nil
}

// prefetchOlder fetches the metadata of older releases without waiting where release
// i isn't the first that is tried: twice as many each time.
func (s *solver) prefetchOlder(ctx context.Context, n *node, i int) {
	tried := len(n.edges) - 1
	if tried == 0 {
		return
	}
	const most = 32
	allowed := s.allowed(n.project.pkg).and(n.project.available)
	for range min(2*tried, most) {
		if i = allowed.highest(i); i < 0 {
			return
		}
		s.fetch.fetchMetadata(ctx, n.project.releases[i])
	}
}

// sortedExtras returns the extras that are installed of p, sorted.
func (s *solver) sortedExtras(p *project) []string {
	var list []string
	for extra, pkg := range p.extras {
		if s.decided[pkg] {
			list = append(list, extra)
		}
	}
	slices.Sort(list)
	return list
}
