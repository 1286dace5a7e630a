package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/assemble-image/assemble/internal/fetch"
	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// ErrNoIndex says that wheels must be found and nothing names a package index.
var ErrNoIndex = errors.New("neither the config nor the requirements name a package index")

// index returns the client of the places where wheels are. Credentials come
// from the URLs, netrc and, for the config's first index, the environment: that
// of a lock could be anybody's. Wheels that don't fit are left out of what it
// says, which saves much memory; nil keeps them all, so that it can be told what
// there is instead.
func (p *Pipeline) index(src sources, fits func(tags.Filename) bool) (*index.Client, error) {
	if err := src.checkVariables(); err != nil {
		return nil, err
	}
	netrc, err := index.ReadNetrc(os.Getenv)
	if err != nil {
		return nil, err
	}
	opt := index.Options{
		URLs:      src.indexes,
		FindLinks: src.links,
		Keyring:   netrc.Keyring(),
		Offline:   p.opt.Offline,
		Refresh:   p.opt.Refresh,
		Fits:      fits,
		Note:      func(text string) { p.report.Note(report.StageFetch, text) },
	}
	switch cred := index.EnvironmentCredential(os.Getenv); {
	case len(p.cfg.Index) > 0:
		opt.IndexCredential = cred
	case cred != index.Credential{} && len(src.indexes) > 0:
		p.report.Note(report.StageFetch, index.EnvUsername+" and "+index.EnvPassword+" are not used: they are for an index in the config or in flags")
	}
	if p.opt.Cache != nil {
		opt.Cache = p.opt.Cache
	}
	return index.New(opt)
}

// Fetch brings the lock's wheels into the wheelhouse: those that aren't there.
func (p *Pipeline) Fetch(ctx context.Context) ([]fetch.Fetched, error) {
	t, err := p.target(ctx)
	if err != nil {
		return nil, err
	}
	lock, err := requirements.ReadLock(ctx, p.cfg.Lock.String(), p.openLock, t.markers, requirements.Options{Env: os.Getenv}, p.lockOptions())
	if err != nil {
		return nil, err
	}
	p.noteOptions(report.StageFetch, lock.Notes)
	src, err := p.lockSources(lock)
	if err != nil {
		return nil, err
	}
	return p.fetch(ctx, t, lock.Pins, src)
}

// lockSources are the places where a lock's wheels are looked for.
func (p *Pipeline) lockSources(lock *requirements.Lock) (sources, error) {
	return p.sources(report.StageFetch, func(path string) string { return beside(p.cfg.Lock, path) }, lock.Sources)
}

func (p *Pipeline) fetch(ctx context.Context, t *target, pins []requirements.Pin, src sources) ([]fetch.Fetched, error) {
	ladder, err := tags.Supported(t.tags)
	if err != nil {
		return nil, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	client, err := p.index(src, nil)
	if err != nil {
		return nil, err
	}
	var got []fetch.Fetched
	opt := fetch.Options{
		Index:    client,
		Dir:      p.cfg.Wheelhouse.Abs,
		Ladder:   ladder,
		Offline:  p.opt.Offline,
		Progress: fetchProgress(p.report),
	}
	if p.opt.Cache != nil {
		opt.Cache = p.opt.Cache
	}
	err = p.report.Stage(report.StageFetch, "filling "+p.cfg.Wheelhouse.String(), func() (string, error) {
		if got, err = fetch.Wheels(ctx, pins, opt); err != nil {
			return "", err
		}
		return fetchedText(got), nil
	})
	return got, err
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
	text := "downloaded " + report.Count(files, "wheel")
	if files > 0 {
		text += " (" + report.Bytes(bytes) + ")"
	}
	if copied > 0 {
		text += fmt.Sprintf(", copied %d", copied)
	}
	return fmt.Sprintf("%s, %d already present", text, len(got)-files-copied)
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

// supply picks the wheel of each pin, and fetches those that the wheelhouse
// lacks where there is a place to fetch them from.
func (p *Pipeline) supply(ctx context.Context, lock *requirements.Lock, t *target) ([]wheels.Candidate, error) {
	chosen, err := p.choose(lock.Pins, t)
	var missing *wheels.MissingError
	if !errors.As(err, &missing) && !errors.Is(err, os.ErrNotExist) {
		return chosen, err
	}
	src, serr := p.lockSources(lock)
	if serr != nil {
		return nil, serr
	}
	if !src.reachable(p.opt.Offline) {
		return nil, err
	}
	if _, err := p.fetch(ctx, t, lock.Pins, src); err != nil {
		return nil, err
	}
	return p.choose(lock.Pins, t)
}
