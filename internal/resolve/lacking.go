package resolve

import (
	"context"
	"errors"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// lacking returns the projects of which a claim wants what isn't there at all.
func (s *solver) lacking(claims []*claim) []string {
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
		if c.kind != wants {
			continue
		}
		p := s.nodes[c.on].project
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
	all := &ConflictError{}
	for range maxGaps {
		s, err := Resolve(ctx, reqs, opt)
		var conflict *ConflictError
		if !errors.As(err, &conflict) {
			if len(all.Reasons) == 0 || ctx.Err() != nil {
				return s, err
			}
			break // what is told already comes first
		}
		for _, reason := range conflict.Reasons {
			all.Reasons = addOnce(all.Reasons, reason)
		}
		all.Lacking = append(all.Lacking, conflict.Lacking...)
		if len(conflict.Lacking) == 0 {
			break
		}
		opt.Ignore = append(opt.Ignore[:len(opt.Ignore):len(opt.Ignore)], conflict.Lacking...)
	}
	return nil, all
}
