package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// solver feeds one search with facts about projects.
type solver struct {
	engine
	opt         Options
	fetch       *fetcher
	prereleases prereleases
	projects    map[string]*project
	nodes       []*node // by pkgID
	limits      map[string][]requirements.Requirement
}

// Resolve finds versions for requirements and all that they require, for the
// target that opt describes. Requirements whose marker doesn't hold there are
// passed over.
//
// Its errors are a [*ConflictError] where there is no solution; others are
// those of the provider, of ctx, and of requirements that make no sense.
func Resolve(ctx context.Context, reqs []requirements.Requirement, opt Options) (*Solution, error) {
	opt, err := opt.fill()
	if err != nil {
		return nil, err
	}
	s, err := search(ctx, reqs, opt)
	var conflict *ConflictError
	if opt.Whole != nil && errors.As(err, &conflict) {
		opt.Provider = opt.Whole
		return search(ctx, reqs, opt)
	}
	return s, err
}

// search is Resolve with one provider.
func search(ctx context.Context, reqs []requirements.Requirement, opt Options) (*Solution, error) {
	fetch, err := newFetcher(opt)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer fetch.wg.Wait()
	defer cancel()

	user, err := fetch.userRequirements(ctx, reqs, opt.Constraints)
	if err != nil {
		return nil, err
	}
	for _, r := range user.requirements {
		fetch.prefetch(ctx, r.Requirement)
	}
	prereleases := user.prereleaseRules(fetch.steer)
	for {
		s := newSolver(fetch, prereleases, user)
		err := s.solve(ctx, user.requirements)
		var u *unsolvable
		switch {
		case err == nil:
			return s.solution(ctx)
		case !errors.As(err, &u):
			return nil, err
		case !prereleases.widen(s, u.proof.facts()):
			return nil, s.explain(ctx, u.proof.facts())
		}
	}
}

func newSolver(fetch *fetcher, prereleases prereleases, w *userRequirements) *solver {
	s := &solver{
		opt:         fetch.opt,
		fetch:       fetch,
		prereleases: prereleases,
		projects:    map[string]*project{},
		limits:      map[string][]requirements.Requirement{},
	}
	s.engine.limit = maxConflicts
	for _, r := range w.constraints {
		name := pep508.NormalizeName(r.Name)
		s.limits[name] = append(s.limits[name], r)
	}
	return s
}

// solve runs the search to its end.
func (s *solver) solve(ctx context.Context, reqs []requirements.Requirement) error {
	s.addNode(&node{}, 1)
	s.decide(root, oneSet(2, 0))
	for _, r := range reqs {
		if err := s.require(ctx, root, 0, r.Requirement, where(r)); err != nil {
			return err
		}
	}
	changed := root
	for {
		if err := s.propagate(ctx, changed); err != nil {
			return err
		}
		pkg, ok := s.next()
		if !ok {
			return nil
		}
		i := s.choose(pkg)
		if fresh, err := s.expand(ctx, pkg, i); err != nil {
			return err
		} else if !fresh {
			s.decide(pkg, oneSet(s.size[pkg], i))
		}
		changed = pkg
	}
}

// limit adds facts about what constraints leave of p.
func (s *solver) limit(p *project) error {
	for _, r := range s.limits[p.name] {
		if len(r.Extras) > 0 {
			return fmt.Errorf("%s: a constraint can't ask for extras", where(r))
		}
		s.learnFact(&fact{kind: limits, on: p.pkg, allowed: s.set(p, r.Requirement), req: r.Requirement, where: where(r)})
	}
	return nil
}

// require adds the fact that release i of pkg wants what req says.
func (s *solver) require(ctx context.Context, pkg pkgID, i int, req pep508.Requirement, from source) error {
	if slices.Contains(s.opt.Ignore, pep508.NormalizeName(req.Name)) {
		return nil
	}
	n := s.nodes[pkg]
	p, err := s.project(ctx, pep508.NormalizeName(req.Name), n.depth+1)
	if err != nil {
		return err
	}
	e := edge{to: []pkgID{p.pkg}, req: req, from: from}
	for _, extra := range req.Extras {
		e.to = append(e.to, s.extra(p, pep508.NormalizeName(extra), n.depth+1))
	}
	n.edges[i] = append(n.edges[i], e)
	allowed := s.set(p, req)
	for _, to := range e.to {
		s.learnFact(&fact{
			kind: wants, pkg: pkg, releases: oneSet(s.size[pkg], i),
			on: to, allowed: allowed, req: req, where: from, overridden: s.fetch.steer.overrides(p.name),
		})
	}
	return nil
}
