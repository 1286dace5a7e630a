package supply

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/assemble-image/assemble/internal/fetch"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Fetch brings the lock's wheels into the wheelhouse: those that aren't there.
func (p *Supplier) Fetch(ctx context.Context, t *target.Target) ([]fetch.Fetched, error) {
	own, err := p.findOwn()
	if err != nil {
		return nil, err
	}
	lock, err := requirements.ReadLock(ctx, p.cfg.Lock.String(), p.openLock(), t.Markers, p.lockFileOptions(own), p.lockOptions(own))
	if err != nil {
		return nil, err
	}
	if lock.Pins, err = p.kept(report.StageFetch, lock.Pins, t.Markers); err != nil {
		return nil, err
	}
	lock.Pins = slices.DeleteFunc(lock.Pins, func(pin requirements.Pin) bool { return own.has(pin.Normalized) })
	p.noteOptions(report.StageFetch, lock.Notes)
	src, err := p.places().ofLock(lock, t)
	if err != nil {
		return nil, err
	}
	return p.fetch(ctx, t, lock.Pins, src)
}

func (p *Supplier) fetch(ctx context.Context, t *target.Target, pins []requirements.Pin, src sources) ([]fetch.Fetched, error) {
	ladder, err := tags.Supported(t.Tags)
	if err != nil {
		return nil, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	if !allURLs(pins) {
		p.places().noteFound(report.StageFetch, src)
	}
	opt, err := p.fetchOptions(src, ladder)
	if err != nil {
		return nil, err
	}
	var got []fetch.Fetched
	err = p.opt.Report.Stage(report.StageFetch, "filling "+p.cfg.Wheelhouse.String(), func() (string, error) {
		if got, err = fetch.Wheels(ctx, pins, opt); err != nil {
			return "", err
		}
		return fetchedText(got), nil
	})
	return got, err
}

// fetchOptions are those for downloads from the places into the wheelhouse.
func (p *Supplier) fetchOptions(src sources, ladder []tags.Tag) (fetch.Options, error) {
	client, err := p.places().client(src, nil)
	if err != nil {
		return fetch.Options{}, err
	}
	opt := fetch.Options{
		Index:    client,
		Dir:      p.cfg.Wheelhouse.Abs,
		Ladder:   ladder,
		Offline:  p.opt.Offline,
		Progress: fetchProgress(p.opt.Report),
	}
	if p.opt.Cache != nil {
		opt.Cache = p.opt.Cache
	}
	return opt, nil
}

// fetchedText is the stage's last line.
func fetchedText(got []fetch.Fetched) string {
	files, copied, bytes := 0, 0, int64(0)
	for _, f := range got {
		switch {
		case f.Local:
			copied++
		case f.Server != "":
			files++
			bytes += f.Received
		}
	}
	return report.Fetched("wheel", files, bytes, copied, len(got)-files-copied)
}

// fetchProgress reports the progress of files that are downloaded at once.
func fetchProgress(r *report.Reporter) func(fetch.Event) {
	meter := r.Meter(report.StageFetch, 0)
	return func(e fetch.Event) {
		switch e.Kind {
		case fetch.EventNote:
			r.Note(report.StageFetch, e.Note)
		case fetch.EventPlan:
			meter.SetTotal(e.Total)
		case fetch.EventPresent:
		default:
			meter.Set(e.File, e.File, e.Done)
		}
	}
}

// provide finds the wheel of each pin, and fetches those that the wheelhouse
// lacks, or has as another file than the locked one, where there is a place to
// fetch them from.
func (p *Supplier) provide(ctx context.Context, lock *requirements.Lock, t *target.Target) ([]*Wheel, error) {
	list, err := p.present(ctx, lock.Pins, t)
	if err == nil || !isReplaceable(err) {
		return list, err
	}
	if list, known, kerr := p.fromKnown(ctx, lock, t); known || kerr != nil {
		return list, kerr
	}
	src, serr := p.places().ofLock(lock, t)
	if serr != nil {
		return nil, serr
	}
	if !src.reachable(p.opt.Offline) && (p.opt.Offline || !anyURL(lock.Pins)) {
		return nil, err
	}
	if _, ferr := p.fetch(ctx, t, lock.Pins, src); ferr != nil {
		var mismatch *wheels.HashMismatchError
		if errors.As(err, &mismatch) && ctx.Err() == nil {
			return nil, errors.Join(err, ferr)
		}
		return nil, ferr
	}
	return p.present(ctx, lock.Pins, t)
}

// present finds the wheel of each pin in the wheelhouse, as the lock's hashes
// have it.
func (p *Supplier) present(ctx context.Context, pins []requirements.Pin, t *target.Target) ([]*Wheel, error) {
	chosen, err := p.choose(pins, t)
	if err != nil {
		return nil, err
	}
	list := make([]*Wheel, len(pins))
	for i, c := range chosen {
		list[i] = p.newWheel(pins[i], c.Path)
	}
	return list, p.identify(ctx, list)
}

// isReplaceable reports whether fetching wheels may mend what is wrong: some are
// missing, or not the locked ones.
func isReplaceable(err error) bool {
	var missing *wheels.MissingError
	var mismatch *wheels.HashMismatchError
	return errors.As(err, &missing) || errors.As(err, &mismatch) || errors.Is(err, fs.ErrNotExist)
}

// anyURL reports whether the lock itself says where a wheel is, as uv.lock and
// pylock.toml do.
func anyURL(pins []requirements.Pin) bool {
	return slices.ContainsFunc(pins, func(p requirements.Pin) bool {
		return p.URL != "" || slices.ContainsFunc(p.Wheels, func(w requirements.Wheel) bool { return w.URL != "" })
	})
}
