package supply

import (
	"context"
	"errors"
	"slices"

	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// enter makes the user's own wheels the only ones of their projects in a
// wheelhouse: of each the one that would be chosen for a lock, in a version that
// reqs allow where there is one. An older build isn't taken because the newest
// can't be had: that it can't is told.
func (o *ownWheels) enter(house *wheelhouse, reqs []requirements.Requirement, ladder tags.Index) error {
	for _, name := range o.names() {
		all := o.byName[name]
		allowed := slices.DeleteFunc(slices.Clone(all), func(c wheels.Candidate) bool {
			return slices.ContainsFunc(reqs, func(r requirements.Requirement) bool {
				return pep508.NormalizeName(r.Name) == name && !r.Specifiers.Contains(c.Filename.Version, pep440.PrereleasesAllow)
			})
		})
		one := *o
		if len(allowed) > 0 {
			one.byName = map[string][]wheels.Candidate{name: allowed}
		}
		w, _, err := one.choose(requirements.Pin{Normalized: name}, ladder)
		if err != nil {
			return err
		}
		house.setOwn(name, candidateAt(all, w.path))
	}
	return nil
}

// requirements asks for the projects that none of reqs names.
func (o *ownWheels) requirements(reqs []requirements.Requirement) []requirements.Requirement {
	named := map[string]bool{}
	for _, r := range reqs {
		named[pep508.NormalizeName(r.Name)] = true
	}
	var more []requirements.Requirement
	for _, name := range o.names() {
		if !named[name] {
			more = append(more, requirements.Requirement{
				Requirement: pep508.Requirement{Name: name}, File: shortPath(o.byName[name][0].Path),
			})
		}
	}
	return more
}

// ownProvider has the user's own wheels of their projects, and what another
// provider has of all others.
type ownProvider struct {
	own *wheelhouse
	resolve.Provider
}

var _ resolve.Director = ownProvider{}

// Files implements Provider.
func (p ownProvider) Files(ctx context.Context, name string) ([]resolve.File, error) {
	if _, ok := p.own.wheels[name]; ok {
		return p.own.Files(ctx, name)
	}
	return p.Provider.Files(ctx, name)
}

// Metadata implements Provider.
func (p ownProvider) Metadata(ctx context.Context, f resolve.File) (resolve.Metadata, error) {
	if _, ok := f.Origin.(*layers.Source); ok && f.Own {
		return p.own.Metadata(ctx, f)
	}
	return p.Provider.Metadata(ctx, f)
}

// Direct implements Director.
func (p ownProvider) Direct(ctx context.Context, r requirements.Requirement) (resolve.File, error) {
	if d, ok := p.Provider.(resolve.Director); ok {
		return d.Direct(ctx, r)
	}
	return resolve.File{}, errors.New("wheels can't be named by path or URL here")
}

// candidateAt returns the wheel at a path, which is among them.
func candidateAt(list []wheels.Candidate, path string) wheels.Candidate {
	return list[slices.IndexFunc(list, func(c wheels.Candidate) bool { return c.Path == path })]
}
