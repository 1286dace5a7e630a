package pipeline

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	debfetch "github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/fetch"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/wheels"
)

// Fetched are the files that were fetched, or were there already.
type Fetched struct {
	Wheels []fetch.Fetched
	// Lock pins Packages, in the same order; it is nil where the config asks for
	// none.
	Lock     *lockfile.Lock
	Packages []debfetch.File
}

// Fetch brings the locks' wheels and Debian packages into their directories:
// those that aren't there, both at once.
func (p *Pipeline) Fetch(ctx context.Context) (*Fetched, error) {
	out := &Fetched{}
	g, ctx := errgroup.WithContext(ctx)
	if !p.cfg.Packages.IsZero() {
		var err error
		if out.Lock, err = p.packages.Read(); err != nil {
			return nil, err
		}
		g.Go(func() (err error) {
			out.Packages, err = p.packages.Bring(ctx, out.Lock)
			return err
		})
	}
	if !p.cfg.Lock.IsZero() {
		g.Go(func() error {
			t, err := p.target(ctx)
			if err != nil {
				return err
			}
			out.Wheels, err = p.supply.Fetch(ctx, t)
			return err
		})
	}
	return out, g.Wait()
}

// Checked is what `assemble check` found.
type Checked struct {
	// Checked is about the lock's wheels.
	*supply.Checked
	// Packages counts the Debian packages.
	Packages int `json:"debian_packages,omitempty"`
}

// Check reads every wheel of the lock and says what is wrong about them, each
// and together, and whether the lock of Debian packages is for this config and
// this base; see [supply.Supplier.Check] and [provide.Provider.Check].
func (p *Pipeline) Check(ctx context.Context) (*Checked, error) {
	out := &Checked{Checked: &supply.Checked{Findings: []supply.Finding{}}}
	var img v1.Image
	if p.cfg.Lock.IsZero() {
		opened, err := p.openImage(ctx)
		if err != nil {
			return nil, err
		}
		img = opened.Image
	} else {
		t, err := p.target(ctx)
		if err != nil {
			return nil, err
		}
		img = t.Image.Image
		if out.Checked, err = p.supply.Check(ctx, t); err != nil {
			return nil, err
		}
	}
	if p.cfg.Packages.IsZero() {
		return out, nil
	}
	root, err := p.root(ctx, img)
	if err != nil {
		return nil, err
	}
	found, err := p.packages.Check(ctx, root)
	if err != nil {
		return nil, err
	}
	out.Packages = found.Packages
	for _, f := range found.Findings {
		kind := wheels.ProblemKind(f.Kind)
		out.Findings = append(out.Findings, supply.Finding{Kind: kind, Error: f.Error, Text: f.Text, Wheels: []string{}})
		if !f.Error {
			p.report.Note(report.StageWheels, f.Text)
		}
	}
	return out, nil
}
