package pipeline

import (
	"context"
	"fmt"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/debs/system"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/manifest"
)

// planPackages plans the layers of the config's system packages, if there are
// any. It returns the ground that they leave: a base that has the packages.
// reserved is how many layers others need.
func (p *Pipeline) planPackages(ctx context.Context, ground *contents.Ground, plan *Plan, reserved int, in inputs) (*contents.Ground, error) {
	if p.cfg.Packages.IsZero() {
		return ground, nil
	}
	s, err := p.openPackages(ctx, ground.Target, in.describe)
	if err != nil {
		return nil, err
	}
	if in.undone == nil {
		in.undone = func(text string) { p.report.Note(report.StagePackages, text) }
	}
	return p.layPackages(ctx, ground, plan, s, reserved, in.undone)
}

// layPackages plans the layers of packages that are open. note is told what
// couldn't be done.
func (p *Pipeline) layPackages(ctx context.Context, ground *contents.Ground, plan *Plan, s *system.System, reserved int, note func(string)) (*contents.Ground, error) {
	plan.Packages = contents.PackageList(s)
	err := p.report.Stage(report.StagePackages, "reading "+p.cfg.Packages.Lock.String(), func() (_ string, err error) {
		room := (manifest.MaxLayers - ground.Target.BaseLayers - reserved) / 2 // the other half is the wheels'
		plan.Layers, ground, err = contents.Plan(ctx, ground, contents.System{
			From:     s,
			Budget:   max(p.cfg.Layers.Budget/2, 1),
			Reserved: reserved + room,
			MaxLayer: p.maxLayer(),
			ModTime:  p.created,
			Note:     note,
		})
		p.usersUnknown = len(plan.Layers) > 0 && plan.Layers[len(plan.Layers)-1].Key == ""
		return report.Count(len(plan.Packages), "package") + " in " + report.Count(len(plan.Layers), "layer"), err
	})
	return ground, err
}

// openPackages holds the lock against config and base, and opens its packages;
// those that aren't here are fetched, unless they are only to be described.
func (p *Pipeline) openPackages(ctx context.Context, t *target.Target, describe bool) (*system.System, error) {
	lock, err := p.packages.Read()
	if err != nil {
		return nil, err
	}
	cf, err := t.Image.Image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of %q: %w", t.Image.Ref, err)
	}
	var store base.Store
	if p.opt.Cache != nil { // a nil *Cache would be a non-nil Store
		store = p.opt.Cache
	}
	on := system.Base{Config: cf, Digest: t.Facts.Config, Links: contents.PackageLinks(t.Facts), Files: t.Files}
	ground, err := system.Learn(ctx, on, store)
	if err != nil {
		return nil, err
	}
	if err := p.packages.VerifyInstalled(lock, ground.Installed); err != nil {
		return nil, err
	}
	if !describe {
		if _, err := p.packages.Bring(ctx, lock); err != nil {
			return nil, err
		}
	}
	temp, err := p.lasting()
	if err != nil {
		return nil, err
	}
	s, err := system.Open(ctx, on, ground, lock, p.cfg.Packages.Dir.Abs, system.Options{Store: store, TempDir: temp, Jobs: p.opt.Jobs, Describe: describe})
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, s)
	return s, nil
}

// closerFunc is a function that closes something.
type closerFunc func() error

// Close calls the function.
func (f closerFunc) Close() error { return f() }
