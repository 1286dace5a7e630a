package resolve

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// missingProjects returns the projects of which a claim wants what isn't there at all.
func (s *solver) missingProjects(claims []*claim) []string {
	out := map[*project]set{} // releases that can't be taken
	for _, c := range claims {
		if c.kind != excludes {
			continue
		}
		p := s.nodes[c.pkg].project
		if before, ok := out[p]; ok {
			out[p] = before.or(c.releases)
		} else {
			out[p] = c.releases
		}
	}
	var names []string
	for _, c := range claims {
		if c.kind != wants && c.kind != limits {
			continue
		}
		p := s.nodes[c.on].project
		if p.denied != "" {
			continue // more wheels would be of no use
		}
		allowed := c.allowed
		if bad, ok := out[p]; ok {
			allowed = allowed.minus(bad)
		}
		if allowed.empty() {
			names = addOnce(names, p.name)
		}
	}
	return names
}

// maxGaps bounds how often ResolveWhole searches on.
const maxGaps = 200

// ResolveWhole is [Resolve] for providers that are near at hand: where there is
// no solution because projects lack, it searches on without these, so that the
// error names all that lacks, not only what was met first.
func ResolveWhole(ctx context.Context, reqs []requirements.Requirement, opt Options) (*Solution, error) {
	var conflicts []*ConflictError
	for range maxGaps {
		s, err := Resolve(ctx, reqs, opt)
		var conflict *ConflictError
		if !errors.As(err, &conflict) {
			if len(conflicts) == 0 || ctx.Err() != nil {
				return s, err
			}
			break // what is told already comes first
		}
		conflicts = append(conflicts, conflict)
		if len(conflict.Missing) == 0 {
			break
		}
		opt.Ignore = append(opt.Ignore[:len(opt.Ignore):len(opt.Ignore)], conflict.Missing...)
	}
	return nil, joinConflicts(conflicts)
}

// joinConflicts tells of several conflicts, in the order of the user's requirements.
func joinConflicts(conflicts []*ConflictError) *ConflictError {
	slices.SortStableFunc(conflicts, func(a, b *ConflictError) int {
		return cmp.Or(cmp.Compare(a.at.file, b.at.file), cmp.Compare(a.at.line, b.at.line))
	})
	all := &ConflictError{at: conflicts[0].at}
	for _, c := range conflicts {
		for _, reason := range c.Reasons {
			all.Reasons = addOnce(all.Reasons, reason)
		}
		all.Missing = append(all.Missing, c.Missing...)
		all.Denied, all.SourceOnly = all.Denied || c.Denied, all.SourceOnly || c.SourceOnly
	}
	return all
}

// firstRequirement is where the first of the user's requirements among claims stands.
func firstRequirement(claims []*claim) source {
	for _, c := range ordered(claims) {
		if c.where != (source{}) {
			return c.where
		}
	}
	return source{}
}
