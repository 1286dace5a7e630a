package supply

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/assemble-image/assemble/internal/fetch"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Describe is [Supplier.Wheels] for those who only want to know: what the
// wheelhouse lacks isn't fetched, but described by the lock or else by the places
// that it would come from. Opening such a wheel fails. A note says what
// can't be known without it.
func (p *Supplier) Describe(ctx context.Context, t *target.Target) (*Set, error) {
	set, err := p.wheels(ctx, t, p.described)
	if err == nil && len(set.Absent) > 0 {
		p.noteAbsent(set)
	}
	return set, err
}

// described finds or describes the wheels that a lock pins.
func (p *Supplier) described(ctx context.Context, lock *requirements.Lock, t *target.Target) ([]*Wheel, error) {
	ladder, err := tags.Supported(t.Tags)
	if err != nil {
		return nil, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	list, unknown, err := p.hereOr(lock.Pins, ladder, func(pin requirements.Pin) (wheels.Descriptor, bool) {
		d, err := wheels.DescribePin(pin, ladder)
		return d, err == nil
	})
	if err != nil {
		return nil, err
	}
	return list, p.describeRemote(ctx, lock, t, ladder, unknown, list)
}

// hereOr finds the wheels of pins in the wheelhouse, or else describes them. What
// is neither here nor described is nil in the list; unknown says why, by index.
func (p *Supplier) hereOr(pins []requirements.Pin, ladder []tags.Tag, describe func(requirements.Pin) (wheels.Descriptor, bool)) (list []*Wheel, unknown map[int]error, err error) {
	house, junk, err := wheels.ListWheelhouse(p.cfg.Wheelhouse.Abs)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	p.noteJunk(report.StageWheels, junk)
	list = make([]*Wheel, len(pins))
	unknown = map[int]error{}
	choose := func(i int) (wheels.Candidate, error) {
		one, err := wheels.Select(pins[i:i+1], house, ladder, p.allowed)
		if err != nil {
			return wheels.Candidate{}, err
		}
		return one[0], nil
	}
	if all, err := wheels.Select(pins, house, ladder, p.allowed); err == nil {
		choose = func(i int) (wheels.Candidate, error) { return all[i], nil } // all are here
	}
	for i, pin := range pins {
		chosen, err := choose(i)
		if err == nil {
			list[i] = p.newWheel(pin, chosen.Path)
			err = p.identifyOne(list[i])
		}
		switch {
		case err == nil:
			continue
		case !isReplaceable(err):
			return nil, nil, err
		}
		list[i] = nil
		if d, ok := describe(pin); ok {
			list[i] = &Wheel{Pin: pin, Source: d.Source(), skipRecord: p.opt.SkipRecord}
			continue
		}
		unknown[i] = err
	}
	return list, unknown, nil
}

// describeRemote describes wheels by the places that they would be fetched from,
// and puts them into list; unknown says why they aren't here.
func (p *Supplier) describeRemote(ctx context.Context, lock *requirements.Lock, t *target.Target, ladder []tags.Tag, unknown map[int]error, list []*Wheel) error {
	if len(unknown) == 0 {
		return nil
	}
	at := slices.Sorted(maps.Keys(unknown))
	absent := make([]error, len(at))
	for k, i := range at {
		absent[k] = unknown[i]
	}
	src, err := p.places().ofLock(lock, t)
	if err != nil {
		return err
	}
	if !src.reachable(p.opt.Offline) && (p.opt.Offline || !anyURL(lock.Pins)) {
		return errors.Join(absent...)
	}
	p.places().noteFound(report.StageWheels, src)
	opt, err := p.fetchOptions(src, ladder)
	if err != nil {
		return err
	}
	pins := make([]requirements.Pin, len(at))
	for k, i := range at {
		pins[k] = lock.Pins[i]
	}
	found, err := fetch.Describe(ctx, pins, opt)
	if err != nil {
		var mismatch *wheels.HashMismatchError
		if here := errors.Join(absent...); errors.As(here, &mismatch) && ctx.Err() == nil {
			return errors.Join(here, err)
		}
		return err
	}
	for k, i := range at {
		d := wheels.Descriptor{Filename: found[k].Filename, Size: max(found[k].Size, 0)}
		if _, err := hex.Decode(d.SHA256[:], []byte(found[k].SHA256)); err != nil {
			return fmt.Errorf("%s:%d: reading the SHA-256 of %s: %w", pins[k].File, pins[k].Line, d.Filename, err)
		}
		list[i] = &Wheel{Pin: pins[k], Source: d.Source()}
		if found[k].Size <= 0 {
			p.opt.Report.Note(report.StageWheels, fmt.Sprintf("the size of %s isn't known before it is downloaded", d.Filename))
		}
		if found[k].SHA256 == "" {
			p.opt.Report.Note(report.StageWheels, fmt.Sprintf("which of the lock's hashes %s has isn't known before it is downloaded, nor is the key of its layer", d.Filename))
		}
	}
	return nil
}

// findAbsent lists the wheels that aren't here.
func (s *Set) findAbsent() {
	for _, w := range s.Wheels {
		if w.Source.Path == "" {
			s.Absent = append(s.Absent, w.Source.Name)
		}
	}
}

// noteAbsent says what of the plan isn't certain.
func (p *Supplier) noteAbsent(s *Set) {
	text := fmt.Sprintf("%d of %s aren't in the wheelhouse and would be downloaded", len(s.Absent), report.Count(len(s.Wheels), "wheel"))
	if len(s.Absent) <= maxAbsentShown {
		text += " (" + report.List(s.Absent) + ")"
	}
	if s.FactsUnknown {
		text += "; until then it isn't known which paths they lose to other wheels (those layers get other keys), which programs they install, and whether they work together"
	}
	p.opt.Report.Note(report.StageWheels, text)
	for _, w := range s.Wheels {
		if s.FactsUnknown && w.Source.Size > p.opt.MaxLayer {
			p.opt.Report.Note(report.StageWheels, fmt.Sprintf("%s is larger than a layer may be and will be split by file: it counts as one layer here", w.Source.Name))
		}
	}
}

// maxAbsentShown is how many absent wheels are named.
const maxAbsentShown = 4
