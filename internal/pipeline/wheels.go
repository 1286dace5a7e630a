package pipeline

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/contents"
	debfetch "github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/fetch"
	"github.com/assemble-image/assemble/internal/provide"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/target"
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
	// Checked is about the lock's wheels; findings about Debian packages are among
	// its own.
	*supply.Checked
	// Packages counts the Debian packages.
	Packages int `json:"debian_packages,omitempty"`
}

// Check reads every wheel of the lock and says what is wrong about them, each
// and together; see [supply.Supplier.Check]. It holds the lock of Debian packages
// against config and base, its packages against it, and says what configuring
// them can't do.
func (p *Pipeline) Check(ctx context.Context) (*Checked, error) {
	out := &Checked{Checked: &supply.Checked{Findings: []supply.Finding{}}}
	t, err := p.openTarget(ctx, target.Options{Files: !p.cfg.Packages.IsZero()})
	if err != nil {
		return nil, err
	}
	if !p.cfg.Lock.IsZero() {
		if out.Checked, err = p.supply.Check(ctx, t); err != nil {
			return nil, err
		}
	}
	if p.cfg.Packages.IsZero() {
		return out, nil
	}
	return out, p.checkPackages(ctx, t, out)
}

// kindScript is the kind of findings about what configuring packages can't do.
const kindScript = "script"

func (p *Pipeline) checkPackages(ctx context.Context, t *target.Target, out *Checked) error {
	lock, err := p.packages.Read()
	if err != nil {
		return err
	}
	out.Packages = len(lock.Packages)
	s, err := p.openPackages(ctx, t, false)
	wrong, err := provide.Findings(err)
	if err != nil {
		return err
	}
	for _, f := range wrong {
		out.Findings = append(out.Findings, supply.Finding{Kind: wheels.ProblemKind(f.Kind), Error: true, Text: f.Text, Wheels: []string{}})
	}
	if len(wrong) > 0 {
		return nil
	}
	plan := &Plan{}
	_, err = p.layPackages(ctx, contents.NewGround(t), plan, s, 0, func(text string) {
		out.Findings = append(out.Findings, supply.Finding{Kind: kindScript, Text: text, Wheels: []string{}})
		p.report.Note(report.StagePackages, text)
	})
	return err
}
