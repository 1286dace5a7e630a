package pipeline

import (
	"context"

	"golang.org/x/sync/errgroup"

	debfetch "github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/fetch"
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
