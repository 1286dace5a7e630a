package fetch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// present finds the pins whose wheels are in the wheelhouse, and returns the
// numbers of the others.
func (f *fetcher) present(ctx context.Context, pins []requirements.Pin) (done []Fetched, missing []int, err error) {
	wheelhouse, _, err := wheels.ListWheelhouse(f.opt.Dir)
	if err != nil {
		return nil, nil, err
	}
	done = make([]Fetched, len(pins))
	found := make([]bool, len(pins))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, pin := range pins {
		g.Go(func() (err error) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			done[i], found[i], err = f.inWheelhouse(pin, wheelhouse)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	for i := range pins {
		if found[i] {
			f.opt.Progress(Event{Kind: EventPresent, File: done[i].Filename.String(), Done: done[i].Size, Total: done[i].Size})
		} else {
			missing = append(missing, i)
		}
	}
	return done, missing, nil
}

// inWheelhouse finds a pin's wheel in the wheelhouse: the best one that fits and has
// one of the lock's hashes. Others are passed over, and told of.
func (f *fetcher) inWheelhouse(pin requirements.Pin, wheelhouse []wheels.Candidate) (Fetched, bool, error) {
	wheelhouse = slices.DeleteFunc(slices.Clone(wheelhouse), func(c wheels.Candidate) bool {
		return c.Filename.Normalized != pin.Normalized
	})
	for {
		chosen, err := wheels.Select([]requirements.Pin{pin}, wheelhouse, f.opt.Ladder, nil)
		var gone *wheels.MissingError
		if errors.As(err, &gone) {
			return Fetched{}, false, nil
		}
		if err != nil {
			return Fetched{}, false, err
		}
		c := chosen[0]
		got, err := f.identify(c.Path, wheels.Options{Hashes: pin.Hashes, LookupDigest: f.memory().Lookup})
		if err == nil {
			got.Filename = c.Filename
			return got, true, nil
		}
		var mismatch *wheels.HashMismatchError
		if pin.Path != "" || !errors.As(err, &mismatch) {
			return Fetched{}, false, fmt.Errorf("%s:%d: %w", pin.File, pin.Line, err)
		}
		f.opt.Progress(Event{Kind: EventNote, File: c.Filename.String(), Note: "in the wheelhouse: " + mismatch.Error()})
		wheelhouse = slices.DeleteFunc(wheelhouse, func(o wheels.Candidate) bool { return o.Path == c.Path })
	}
}

// identify returns what is known of the wheel at path without reading it, and
// keeps its digest for later runs. Where the cache doesn't have it already, the
// file is hashed; in any case it is held against opt.Hashes.
func (f *fetcher) identify(path string, opt wheels.Options) (Fetched, error) {
	s, err := wheels.Identify(path, opt)
	if err != nil {
		return Fetched{}, err
	}
	_ = f.memory().Save(s) // a cache that can't be written says so itself
	return Fetched{Path: path, SHA256: s.Digest(), Size: s.Size}, nil
}

// memory knows the wheels that were hashed before; internal/pipeline reads
// and writes the same records.
func (f *fetcher) memory() wheels.DigestCache { return wheels.DigestCache{Store: f.opt.Cache} }
