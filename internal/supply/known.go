package supply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Known is what somebody who is trusted tells of wheels that aren't here. None of
// it gets into the cache: it is as good as who tells it.
type Known interface {
	// Wheels describes the wheels of a project, by its normalized name.
	Wheels(project string) []wheels.Descriptor
	// Facts returns the facts about a set, by [Set.Key], as JSON.
	Facts(key string) ([]byte, bool)
	// Listings returns what [Set.Listings] gave for sets of that
	// [Set.ListingKey]: several, each with some wheels of its own.
	Listings(ctx context.Context, key string) [][]byte
}

// ErrKnown says that what was known of a wheel is not so.
var ErrKnown = errors.New("the wheel is not what it was said to be")

// Forget makes the supplier do without [Options.Known] from now on.
func (p *Supplier) Forget() { p.opt.Known, p.known = nil, nil }

// asked returns what is known, nil where nobody has asked.
func (p *Supplier) asked() Known { return p.known }

// fromKnown finds the wheels of a lock without those that are known elsewhere:
// they are described, and fetched when they are needed. What nobody knows is
// fetched now. False is that nothing is known.
func (p *Supplier) fromKnown(ctx context.Context, lock *requirements.Lock, t *target.Target) ([]*Wheel, bool, error) {
	if p.opt.Known == nil {
		return nil, false, nil
	}
	if p.known = p.opt.Known(ctx); p.known == nil {
		return nil, false, nil
	}
	ladder, err := tags.Supported(t.Tags)
	if err != nil {
		return nil, false, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	list, unknown, err := p.hereOr(lock.Pins, ladder, func(pin requirements.Pin) (wheels.Descriptor, bool) {
		known := p.known.Wheels(pin.Normalized)
		if d, err := wheels.DescribePin(pin, ladder); err == nil {
			// The lock itself says which wheel is the best.
			return d, slices.ContainsFunc(known, func(o wheels.Descriptor) bool { return o.SHA256 == d.SHA256 })
		}
		return wheels.DescribeAmong(pin, known, ladder)
	})
	if err != nil || len(unknown) == len(lock.Pins) {
		return nil, false, err
	}
	var pins []requirements.Pin
	var at []int
	for i, pin := range lock.Pins {
		if _, ok := unknown[i]; ok {
			pins, at = append(pins, pin), append(at, i)
		}
	}
	if len(pins) == 0 {
		return list, true, nil
	}
	if err := p.fetchPins(ctx, lock, t, pins); err != nil {
		return nil, false, err
	}
	found, err := p.present(ctx, pins, t)
	if err != nil {
		return nil, false, err
	}
	for k, i := range at {
		list[i] = found[k]
	}
	return list, true, nil
}

// fetchPins fetches the wheels of some of a lock's pins.
func (p *Supplier) fetchPins(ctx context.Context, lock *requirements.Lock, t *target.Target, pins []requirements.Pin) error {
	src, err := p.places().ofLock(lock, t)
	if err != nil {
		return err
	}
	_, err = p.fetch(ctx, t, pins, src)
	return err
}

// bring fetches wheels that were described, and makes them wheels that are here:
// these very files, by their SHA-256.
func (p *Supplier) bring(ctx context.Context, lock *requirements.Lock, t *target.Target, list []*Wheel) error {
	pins := make([]requirements.Pin, len(list))
	for i, w := range list {
		pins[i] = w.Pin
		pins[i].Hashes = []string{"sha256:" + w.Source.Digest()}
	}
	var missing *wheels.MissingError
	err := p.fetchPins(ctx, lock, t, pins)
	if errors.As(err, &missing) {
		return fmt.Errorf("%w: %w", ErrKnown, err) // the lock may allow another one
	}
	if err != nil {
		return err
	}
	found, err := p.present(ctx, pins, t)
	if err != nil {
		return err
	}
	for i, w := range list {
		have := found[i].Source
		if have.Size != w.Source.Size || have.Name != w.Source.Name {
			return fmt.Errorf("%w: %s has %d bytes, not the %d of %s", ErrKnown, have.Name, have.Size, w.Source.Size, w.Source.Name)
		}
		*w.Source, w.path, w.skipRecord = *have, found[i].path, p.opt.SkipRecord
	}
	return nil
}

// Complete fetches those of the set's wheels that aren't here and that are among
// the sources. The error is [ErrKnown] where one is another than it was said.
func (s *Set) Complete(ctx context.Context, sources []*layers.Source) error {
	var list []*Wheel
	for _, w := range s.Wheels {
		if w.Source.Absent() && slices.Contains(sources, w.Source) {
			list = append(list, w)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return s.fetch(ctx, list)
}

// Key identifies what the set's facts depend on.
func (s *Set) Key() string { return s.key.String() }

// ListingKey identifies what the listings of wheels depend on beside the wheels.
func (s *Set) ListingKey(skipRecord bool) string {
	return layers.NewKey(append([]string{"listings 1"}, wheels.KeyParts(s.Target.Scheme, skipRecord)...)...).String()
}

// readKnownFacts is readFacts for a set of which some wheels aren't here.
func (s *Set) readKnownFacts(ctx context.Context, opt Options) error {
	if s.known == nil {
		s.FactsUnknown = true
		return nil
	}
	if data, ok := s.known.Facts(s.key.String()); ok && json.Unmarshal(data, &s.Facts) == nil {
		return s.checkFacts()
	}
	known := s.listings(ctx, opt)
	need := slices.DeleteFunc(slices.Clone(s.Wheels), func(w *Wheel) bool {
		l, ok := known[w.Source.Digest()]
		return !w.Source.Absent() || ok && (w.Source.Size <= opt.MaxLayer || l.MaxLayer == opt.MaxLayer && len(l.Parts) > 0)
	})
	if len(need) > 0 {
		opt.Report.Note(report.StageWheels, fmt.Sprintf("no record tells which paths %s installs", report.Count(len(need), "wheel")))
	}
	for {
		if len(need) > 0 {
			if err := s.fetch(ctx, need); err != nil {
				return err
			}
		}
		all, unsure, err := s.examine(ctx, opt, known)
		if err != nil {
			return err
		}
		if need = unsure; len(need) == 0 {
			s.all = all
			return nil
		}
	}
}

// checkFacts reports facts that can't be of this set.
func (s *Set) checkFacts() error {
	n := len(s.Wheels)
	for _, c := range s.Facts.Conflicts {
		if len(c.Wheels) < 2 || slices.ContainsFunc(c.Wheels, func(i int) bool { return i < 0 || i >= n }) {
			return fmt.Errorf("%w: the facts about the wheels name others", ErrKnown)
		}
	}
	for i, sizes := range s.Facts.Parts {
		if i < 0 || i >= n || len(sizes) > maxParts {
			return fmt.Errorf("%w: the facts about the wheels name others", ErrKnown)
		}
	}
	return nil
}

// maxParts bounds the layers of one wheel; an image has fewer in all.
const maxParts = 127

// listings are those of wheels that are known, by SHA-256.
func (s *Set) listings(ctx context.Context, opt Options) map[string]listing {
	known := map[string]listing{}
	for _, packed := range s.known.Listings(ctx, s.ListingKey(opt.SkipRecord)) {
		list, err := unpackListings(packed)
		if err != nil {
			opt.Report.Note(report.StageWheels, fmt.Sprintf("the listing of wheels in a record can't be used: %v", err))
			continue
		}
		for _, l := range list {
			known[l.SHA256] = l
		}
	}
	return known
}
