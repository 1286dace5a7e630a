package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/assemble-image/assemble/internal/fetch"
	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// ErrNoIndex says that something must be downloaded and the config names no
// package index.
var ErrNoIndex = errors.New("no package index is configured")

// index returns the client of the config's package indexes. Credentials come
// from the URLs, the environment and netrc. Wheels that don't fit are left out
// of what it says, which saves much memory; nil keeps them all, so that it can
// be told what there is instead.
func (p *Pipeline) index(fits func(tags.Filename) bool) (*index.Client, error) {
	netrc, err := index.ReadNetrc(os.Getenv)
	if err != nil {
		return nil, err
	}
	opt := index.Options{
		URLs:            p.cfg.Index,
		IndexCredential: index.EnvironmentCredential(os.Getenv),
		Keyring:         netrc.Keyring(),
		Offline:         p.opt.Offline,
		Refresh:         p.opt.Refresh,
		Fits:            fits,
		Note:            func(text string) { p.report.note(StageFetch, text) },
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
	pins, err := p.pins(ctx, t)
	if err != nil {
		return nil, err
	}
	return p.fetch(ctx, t, pins)
}

func (p *Pipeline) fetch(ctx context.Context, t *target, pins []requirements.Pin) ([]fetch.Fetched, error) {
	ladder, err := tags.Ladder(t.tags)
	if err != nil {
		return nil, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	client, err := p.index(nil)
	if err != nil {
		return nil, err
	}
	var got []fetch.Fetched
	meter := &fetchMeter{report: p.report, done: map[string]int64{}}
	opt := fetch.Options{
		Index:    client,
		Dir:      p.cfg.Wheelhouse.Abs,
		Ladder:   ladder,
		Offline:  p.opt.Offline,
		Progress: meter.event,
	}
	if p.opt.Cache != nil {
		opt.Cache = p.opt.Cache
	}
	err = p.report.stage(StageFetch, "filling "+p.cfg.Wheelhouse.String(), func() (string, error) {
		if got, err = fetch.Wheels(ctx, pins, opt); err != nil {
			return "", err
		}
		return fetchedText(got), nil
	})
	return got, err
}

// fetchedText is the stage's last line.
func fetchedText(got []fetch.Fetched) string {
	files, bytes := 0, int64(0)
	for _, f := range got {
		if f.Server != "" {
			files++
			bytes += f.Received
		}
	}
	text := fmt.Sprintf("downloaded %d wheels", files)
	if files > 0 {
		text += " (" + megabytes(bytes) + ")"
	}
	return fmt.Sprintf("%s, %d were there", text, len(got)-files)
}

// fetchMeter adds up the progress of files that are downloaded at once.
type fetchMeter struct {
	report *reporter

	mu    sync.Mutex
	done  map[string]int64
	sum   int64
	total int64
}

func (m *fetchMeter) event(e fetch.Event) {
	switch e.Kind {
	case fetch.EventNote:
		m.report.note(StageFetch, e.Note)
		return
	case fetch.EventPresent:
		return
	default:
	}
	m.mu.Lock()
	switch e.Kind {
	case fetch.EventPlan:
		m.total = e.Total
	default:
		m.sum += e.Done - m.done[e.File]
		m.done[e.File] = e.Done
	}
	sum, total := m.sum, m.total
	m.mu.Unlock()
	m.report.progress(StageFetch, e.File, sum, total)
}

// supply picks the wheel of each pin, and fetches those that the wheelhouse
// lacks where an index is configured.
func (p *Pipeline) supply(ctx context.Context, pins []requirements.Pin, t *target) ([]wheels.Candidate, error) {
	chosen, err := p.choose(pins, t)
	var missing *wheels.MissingError
	fetchable := errors.As(err, &missing) || errors.Is(err, os.ErrNotExist)
	if !fetchable || len(p.cfg.Index) == 0 || p.opt.Offline {
		return chosen, err
	}
	if _, err := p.fetch(ctx, t, pins); err != nil {
		return nil, err
	}
	return p.choose(pins, t)
}
