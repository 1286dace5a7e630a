package supply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/fetch"
	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// outlines is how many wheels are looked at at a time.
const outlines = 8

// Outlined is [Supplier.Wheels] for those who pack some of the wheels' layers
// only: what the wheelhouse lacks is described by the places that it would come
// from, and of each such wheel no more is read than the names of its files. The
// set's facts are good for planning layers, not for what else they tell.
// [Set.Complete] fetches what is packed.
func (p *Supplier) Outlined(ctx context.Context, t *target.Target) (*Set, error) {
	var at outlinedAt
	set, err := p.wheels(ctx, t, func(ctx context.Context, lock *requirements.Lock, t *target.Target) ([]*Wheel, error) {
		return p.describedAt(ctx, lock, t, &at)
	})
	if err != nil || !set.FactsUnknown {
		return set, err
	}
	known := map[string]listing{}
	if p.opt.Known != nil {
		if set.known = p.opt.Known(ctx); set.known != nil {
			known = set.listings(ctx, p.opt)
		}
	}
	need, err := p.outline(ctx, set, &at, known)
	if err != nil {
		return nil, err
	}
	if len(need) > 0 {
		if err := set.fetch(ctx, need); err != nil {
			return nil, err
		}
	}
	if _, _, err := set.examine(ctx, p.opt, known); err != nil {
		return nil, err
	}
	set.Facts.Problems, set.FactsUnknown, set.outlined = nil, false, known
	return set, nil
}

// outlinedAt is where wheels that aren't here are.
type outlinedAt struct {
	client *index.Client
	url    map[string]string // by file name
}

// describedAt finds or describes the wheels that a lock pins, and where those are
// that aren't here. What nobody tells the SHA-256 of is fetched.
func (p *Supplier) describedAt(ctx context.Context, lock *requirements.Lock, t *target.Target, at *outlinedAt) ([]*Wheel, error) {
	ladder, err := tags.Supported(t.Tags)
	if err != nil {
		return nil, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	list, unknown, err := p.hereOr(lock.Pins, ladder, func(requirements.Pin) (wheels.Descriptor, bool) { return wheels.Descriptor{}, false })
	if err != nil || len(unknown) == 0 {
		return list, err
	}
	src, err := p.places().ofLock(lock, t)
	if err != nil {
		return nil, err
	}
	opt, err := p.fetchOptions(src, ladder)
	if err != nil {
		return nil, err
	}
	var pins []requirements.Pin
	var places []int
	for i, pin := range lock.Pins {
		if _, ok := unknown[i]; ok {
			pins, places = append(pins, pin), append(places, i)
		}
	}
	found, err := fetch.Describe(ctx, pins, opt)
	if err != nil {
		return nil, err
	}
	at.client, at.url = opt.Index, make(map[string]string, len(found))
	var untold []int
	for k, i := range places {
		d := wheels.Descriptor{Filename: found[k].Filename, Size: found[k].Size}
		if found[k].Size <= 0 || !d.SetSHA256(found[k].SHA256) {
			untold = append(untold, i)
			continue
		}
		list[i] = &Wheel{Pin: lock.Pins[i], Source: d.Source(), skipRecord: p.opt.SkipRecord}
		at.url[list[i].Source.Name] = found[k].URL
	}
	return list, p.fetchUntold(ctx, lock, t, untold, list)
}

// fetchUntold fetches the wheels of those pins into list.
func (p *Supplier) fetchUntold(ctx context.Context, lock *requirements.Lock, t *target.Target, untold []int, list []*Wheel) error {
	if len(untold) == 0 {
		return nil
	}
	pins := make([]requirements.Pin, len(untold))
	for k, i := range untold {
		pins[k] = lock.Pins[i]
	}
	if err := p.fetchPins(ctx, lock, t, pins); err != nil {
		return err
	}
	found, err := p.present(ctx, pins, t)
	if err != nil {
		return err
	}
	for k, i := range untold {
		list[i] = found[k]
	}
	return nil
}

// outline adds the listings of wheels that aren't here to known, and returns the
// wheels that must be fetched for that: those on servers that send whole files
// only, and those that are larger than a layer may be.
func (p *Supplier) outline(ctx context.Context, set *Set, at *outlinedAt, known map[string]listing) (need []*Wheel, err error) {
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(outlines)
	for _, w := range set.Wheels {
		l, told := known[w.Source.Digest()]
		switch {
		case !w.Source.Absent(), told && (w.Source.Size <= p.opt.MaxLayer || l.MaxLayer == p.opt.MaxLayer && len(l.Parts) > 0):
			continue
		case w.Source.Size > p.opt.MaxLayer:
			mu.Lock()
			need = append(need, w)
			mu.Unlock()
			continue
		}
		g.Go(func() error {
			var one wheels.Listing
			err := at.client.ReadParts(gctx, at.url[w.Source.Name], w.Source.Size, func(r io.ReaderAt) (err error) {
				one, err = wheels.Outline(r, w.Source, set.Target.Scheme)
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, index.ErrWhole) {
				need = append(need, w)
				return nil
			}
			known[w.Source.Digest()] = listing{Listing: one, outline: true}
			return err
		})
	}
	err = g.Wait()
	if len(need) > 0 {
		p.opt.Report.Note(report.StageWheels, fmt.Sprintf("the paths of %s can't be known without downloading them", report.Count(len(need), "wheel")))
	}
	return need, err
}
