package supply

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Set is the wheels of an image, in the lock's order.
type Set struct {
	// Target is what they are for.
	Target *target.Target
	Wheels []*Wheel
	// Choice tells how they were chosen, nil where a lock pins them.
	Choice *Choice
	// Facts is what opening all of them told.
	Facts Facts
	// Absent are the file names of those that aren't here, only in sets of
	// [Supplier.Describe]. FactsUnknown says that Facts are empty for that reason.
	Absent       []string
	FactsUnknown bool
	// Steering is what was left out and replaced on purpose.
	Steering requirements.Steering

	key   layers.Key // of Facts
	known Known      // nil where nothing was asked of it
	all   []listing  // of all wheels, where some aren't here and examining told
	// outlined are the listings of wheels that aren't here, in sets of
	// [Supplier.Outlined].
	outlined map[string]listing
	fetch    func(ctx context.Context, list []*Wheel) error // brings wheels that aren't here
}

// Wheel is a pin and the wheel that was chosen for it. The wheel's
// archive is read only when something needs it.
type Wheel struct {
	Pin requirements.Pin
	// Source is the wheel's file, by name, size and digest.
	Source *layers.Source
	// Own says that the config names the file itself, in place of what is
	// locked.
	Own bool

	path       string
	skipRecord bool
}

// Open reads and checks the archive. What it returns isn't kept: packing
// opens a wheel again, which costs a millisecond, where keeping all would
// take memory in proportion to their files.
func (w *Wheel) Open() (*wheels.Wheel, error) {
	return wheels.Open(w.path, wheels.Options{Hashes: w.Pin.Hashes, SkipRecord: w.skipRecord, Source: w.Source})
}

// Entries returns what wheel i installs, less what a later wheel replaces.
func (s *Set) Entries(i int) ([]layers.Entry, error) {
	w, err := s.Wheels[i].Open()
	if err != nil {
		return nil, err
	}
	entries, err := w.Entries(s.Target.Scheme)
	if err != nil {
		return nil, err
	}
	return s.Lost(i).Drop(entries), nil
}

// Lost returns the paths that wheel i loses to later ones.
func (s *Set) Lost(i int) wheels.LostPaths { return wheels.Lost(s.Facts.Conflicts, i) }

// Wheels reads the lock, or chooses for the requirements file in its place,
// and finds the wheels for the target; what the wheelhouse lacks is fetched.
func (p *Supplier) Wheels(ctx context.Context, t *target.Target) (*Set, error) {
	return p.wheels(ctx, t, p.provide)
}

// finder finds the wheels of all of a lock's pins, in their order.
type finder func(context.Context, *requirements.Lock, *target.Target) ([]*Wheel, error)

// wheels is Wheels with its way to find those that a lock pins.
func (p *Supplier) wheels(ctx context.Context, t *target.Target, find finder) (*Set, error) {
	set := &Set{Target: t}
	own, err := p.findOwn()
	if err != nil {
		return nil, err
	}
	input := &requirements.Input{}
	if !p.cfg.Lock.IsZero() {
		if input, err = requirements.ReadInput(ctx, p.cfg.Lock.String(), p.openLock(), t.Markers, p.lockFileOptions(own), p.lockOptions(own)); err != nil {
			return nil, err
		}
	}
	p.noteOptions(report.StageWheels, input.Notes)
	if input.Unpinned != nil {
		p.places().noteUnasked(input.Sources)
		set.Wheels, set.Choice, err = selection{p.settings, t, own}.choose(ctx, input)
	} else {
		set.Wheels, err = p.locked(ctx, &input.Lock, own, t, find)
	}
	if err != nil {
		return nil, err
	}
	steering, err := p.steering(input.Steering)
	if err != nil {
		return nil, err
	}
	set.Steering = set.trueSteering(steering)
	if err := p.identify(ctx, set.Wheels); err != nil {
		return nil, err
	}
	if set.Choice == nil {
		p.noteGPU(set.Wheels)
	}
	set.findAbsent()
	set.known = p.asked()
	set.fetch = func(ctx context.Context, list []*Wheel) error { return p.bring(ctx, &input.Lock, t, list) }
	return set, set.readFacts(ctx, p.opt)
}

// lockOptions say what of the lock is wanted.
func (p settings) lockOptions(own *ownWheels) requirements.LockOptions {
	opt := requirements.LockOptions{Extras: p.cfg.Extras, Groups: p.cfg.Groups, Project: p.cfg.Project}
	if !p.cfg.ProjectDir().IsZero() {
		opt.Project = ""
		if filepath.Base(p.cfg.Lock.String()) == "uv.lock" { // the only kind with several
			opt.Project = own.project.Name
		}
	}
	return opt
}

// lockFileOptions are how the lock is read beside the user's own wheels.
func (p settings) lockFileOptions(own *ownWheels) requirements.Options {
	opt := p.fileOptions()
	opt.Supplied = own.supplied(p.openLock())
	return opt
}

// openLock opens the lock by the name that messages give it, and what it
// includes: that lies beside the lock, wherever the program was started.
func (p settings) openLock() requirements.Opener {
	return p.opener(p.cfg.Lock.Abs, func(path string) string { return beside(p.cfg.Lock, path) })
}

// locked finds the wheels that a lock pins, and adds the user's own that it
// doesn't know.
func (p *Supplier) locked(ctx context.Context, lock *requirements.Lock, own *ownWheels, t *target.Target, find finder) ([]*Wheel, error) {
	pins, err := p.kept(report.StageWheels, lock.Pins, t.Markers)
	if err != nil {
		return nil, err
	}
	if err := p.denied(pins); err != nil {
		return nil, err
	}
	ladder, err := tags.Supported(t.Tags)
	if err != nil {
		return nil, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	byPin, more, err := p.take(own, pins, ladder)
	if err != nil {
		return nil, err
	}
	others := *lock
	others.Pins = nil
	for i, pin := range pins {
		if byPin[i] == nil {
			others.Pins = append(others.Pins, pin)
		}
	}
	var found []*Wheel
	if len(others.Pins) > 0 { // else no wheelhouse is needed
		if found, err = find(ctx, &others, t); err != nil {
			return nil, err
		}
	}
	list := make([]*Wheel, 0, len(pins)+len(more))
	for i := range pins {
		if w := byPin[i]; w != nil {
			list = append(list, w)
			continue
		}
		list = append(list, found[0])
		found = found[1:]
	}
	p.noteRebuilt(lock, list)
	return append(list, more...), nil
}

// choose picks the best wheel in the wheelhouse for each pin.
func (p *Supplier) choose(pins []requirements.Pin, t *target.Target) ([]wheels.Candidate, error) {
	ladder, err := tags.Supported(t.Tags)
	if err != nil {
		return nil, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	house, junk, err := wheels.ListWheelhouse(p.cfg.Wheelhouse.Abs)
	if err != nil {
		return nil, err
	}
	p.noteJunk(report.StageWheels, junk)
	return wheels.Select(pins, house, ladder, p.allowed)
}

// allowed reports whether a wheel has one of the pin's digests.
func (p settings) allowed(pin requirements.Pin, c wheels.Candidate) (bool, error) {
	_, err := identifyWheel(p.digests(), c.Path, pin.Hashes)
	var mismatch *wheels.HashMismatchError
	if errors.As(err, &mismatch) {
		return false, nil
	}
	return err == nil, err
}

// noteJunk tells of files in the wheelhouse that only look like wheels.
func (p settings) noteJunk(stage report.Stage, junk []string) {
	for _, name := range junk {
		p.opt.Report.Note(stage, fmt.Sprintf("%q in the wheelhouse is not a valid wheel filename", name))
	}
}

// newWheel prepares the wheel at path, without reading it.
func (p settings) newWheel(pin requirements.Pin, path string) *Wheel {
	return &Wheel{Pin: pin, path: path, skipRecord: p.opt.SkipRecord}
}

// identify learns each wheel's SHA-256: from the cache where the file is the
// one that was hashed before, by hashing it otherwise.
func (p *Supplier) identify(ctx context.Context, list []*Wheel) error {
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
