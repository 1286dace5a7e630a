package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// wheelSet is the wheels of an image, in the lock's order.
type wheelSet struct {
	target *target
	wheels []*lockedWheel
	// choice tells how they were chosen, nil where a lock pins them.
	choice *Choice
	// facts is what opening all of them told.
	facts setFacts
}

// lockedWheel is a pin and the wheel that was chosen for it. The wheel's
// archive is read only when something needs it.
type lockedWheel struct {
	pin    requirements.Pin
	path   string
	source *layers.Source
	// open reads and checks the archive. What it returns isn't kept: packing
	// opens a wheel again, which costs a millisecond, where keeping all would
	// take memory in proportion to their files.
	open func() (*wheels.Wheel, error)
}

// wheels reads the lock and finds its wheels.
func (p *Pipeline) wheels(ctx context.Context, t *target) (*wheelSet, error) {
	set := &wheelSet{target: t}
	if p.cfg.Lock.IsZero() {
		return set, nil
	}
	want, err := p.wanted(ctx, t)
	if err != nil {
		return nil, err
	}
	p.noteOptions(report.StageWheels, want.Notes)
	if want.Unpinned != nil {
		p.noteUnasked(want.Sources)
		set.wheels, set.choice, err = p.settle(ctx, want, t)
	} else {
		set.wheels, err = p.locked(ctx, &want.Lock, t)
	}
	if err != nil {
		return nil, err
	}
	if err := p.identify(ctx, set.wheels); err != nil {
		return nil, err
	}
	return set, p.learn(ctx, set)
}

// wanted reads the lock, or the requirements file in its place.
func (p *Pipeline) wanted(ctx context.Context, t *target) (*requirements.Input, error) {
	return requirements.ReadInput(ctx, p.cfg.Lock.String(), p.openLock, t.markers, requirements.Options{Env: os.Getenv}, p.lockOptions())
}

// lockOptions say what of the lock is wanted.
func (p *Pipeline) lockOptions() requirements.LockOptions {
	return requirements.LockOptions{Extras: p.cfg.Extras, Groups: p.cfg.Groups, Project: p.cfg.Project}
}

// openLock opens the lock by the name that messages give it, and what it
// includes: that lies beside the lock, wherever the program was started.
func (p *Pipeline) openLock(path string) (io.ReadCloser, error) {
	return openText(beside(p.cfg.Lock, path))
}

// locked finds the wheels that a lock pins.
func (p *Pipeline) locked(ctx context.Context, lock *requirements.Lock, t *target) ([]*lockedWheel, error) {
	if err := p.denied(lock.Pins); err != nil {
		return nil, err
	}
	chosen, err := p.supply(ctx, lock, t)
	if err != nil {
		return nil, err
	}
	list := make([]*lockedWheel, len(chosen))
	for i, c := range chosen {
		list[i] = p.lockedWheel(lock.Pins[i], c.Path)
	}
	return list, nil
}

// choose picks the best wheel in the wheelhouse for each pin.
func (p *Pipeline) choose(pins []requirements.Pin, t *target) ([]wheels.Candidate, error) {
	ladder, err := tags.Supported(t.tags)
	if err != nil {
		return nil, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	house, junk, err := wheels.ListWheelhouse(p.cfg.Wheelhouse.Abs)
	if err != nil {
		return nil, err
	}
	p.noteJunk(junk)
	return wheels.Select(pins, house, ladder)
}

// noteJunk tells of files in the wheelhouse that only look like wheels.
func (p *Pipeline) noteJunk(junk []string) {
	for _, name := range junk {
		p.report.Note(report.StageWheels, fmt.Sprintf("%q in the wheelhouse is not a valid wheel filename", name))
	}
}

// lockedWheel prepares the wheel at path, without reading it.
func (p *Pipeline) lockedWheel(pin requirements.Pin, path string) *lockedWheel {
	w := &lockedWheel{pin: pin, path: path}
	w.open = func() (*wheels.Wheel, error) {
		return wheels.Open(path, wheels.Options{
			Hashes:     pin.Hashes,
			SkipRecord: p.opt.SkipRecord,
			Source:     w.source,
		})
	}
	return w
}

// identify learns each wheel's SHA-256: from the cache where the file is the
// one that was hashed before, by hashing it otherwise.
func (p *Pipeline) identify(ctx context.Context, list []*lockedWheel) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(p.opt.Jobs)
	errs := make([]error, len(list))
	for i, w := range list {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			errs[i] = p.identifyOne(w)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return errors.Join(errs...)
}
