package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

const (
	// defaultJobs is how many downloads go at a time.
	defaultJobs = 10
	// lookups is how many pages of indexes are read at a time.
	lookups = 8
)

// Options says where wheels come from and go to.
type Options struct {
	// Index is where wheels are looked up and downloaded. Nil is a client
	// without any mirror, for locks that name URLs.
	Index *index.Client
	// Dir is the wheelhouse; it is made if it isn't there.
	Dir string
	// Ladder are the tags that the target takes, best first.
	Ladder []tags.Tag
	// Jobs is how many downloads go at a time; 0 is 10.
	Jobs int
	// Cache remembers the hashes of wheels by the files' identity, as
	// internal/cache does; nil hashes them each time.
	Cache index.Store
	// Offline asks no server: what isn't on this machine is missing.
	Offline bool
	// Progress is told what happens. It is called from several goroutines at
	// once and must return soon; nil is silent.
	Progress func(Event)
}

// Fetched is the wheel of a pin, in the wheelhouse.
type Fetched struct {
	// Filename is what the file's name says; Path is where it is.
	Filename tags.Filename
	Path     string
	// SHA256 is in hex, Size in bytes.
	SHA256 string
	Size   int64
	// Server is the host that it came from, "" where it was there already.
	// Local says that it came from this machine; Server is a path in quotes then.
	Server string
	Local  bool
	// Received is how many bytes were downloaded, or copied, in this run.
	Received int64
}

// Wheels brings the wheel of each pin into the wheelhouse and returns them in
// the order of the pins. A wheel that fits and has one of the pin's hashes is
// not fetched again. All pins for which there is no wheel are in one error, as
// [*wheels.MissingError] values, before anything is downloaded. Content of
// another hash is a [*CorruptError]; what an index says wrong is as in
// [index.Client].
func Wheels(ctx context.Context, pins []requirements.Pin, opt Options) ([]Fetched, error) {
	f, err := newFetcher(opt)
	if err != nil {
		return nil, err
	}
	done, missing, err := f.present(ctx, pins)
	if err != nil {
		return nil, err
	}
	tasks, err := f.plan(ctx, pins, missing)
	if err != nil {
		return nil, err
	}
	if len(tasks) == 0 {
		return done, nil
	}
	if err := f.run(ctx, tasks, done); err != nil {
		return nil, err
	}
	return done, f.syncDir()
}

// fetcher is one run.
type fetcher struct {
	opt    Options
	ladder tags.Index
	down   outages
}

// newFetcher makes the wheelhouse.
func newFetcher(opt Options) (*fetcher, error) {
	f, err := newFinder(opt)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(opt.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the wheelhouse: %w", err)
	}
	return f, nil
}

// newFinder returns one that finds wheels and fetches none.
func newFinder(opt Options) (*fetcher, error) {
	if opt.Jobs <= 0 {
		opt.Jobs = defaultJobs
	}
	if opt.Index == nil {
		c, err := index.New(index.Options{})
		if err != nil {
			return nil, err
		}
		opt.Index = c
	}
	if opt.Progress == nil {
		opt.Progress = func(Event) {}
	}
	return &fetcher{opt: opt, ladder: tags.NewIndex(opt.Ladder)}, nil
}

// run does the tasks, the largest first: at the end, no long one is left alone.
// A file that is gone or wrong doesn't keep the others from being fetched;
// other failures would meet them as well.
func (f *fetcher) run(ctx context.Context, tasks []*task, done []Fetched) error {
	f.sweep()
	var bytes int64
	for _, t := range tasks {
		bytes += max(t.source.size, 0)
	}
	f.opt.Progress(Event{Kind: EventPlan, Files: len(tasks), Total: bytes})
	slices.SortStableFunc(tasks, func(a, b *task) int { return cmp.Compare(b.source.size, a.source.size) })

	errs := make([]error, len(tasks), len(tasks)+1)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(f.opt.Jobs)
	for i, t := range tasks {
		if gctx.Err() != nil {
			break
		}
		g.Go(func() error {
			var err error
			if done[t.at], err = f.fetch(gctx, t); err == nil {
				return nil
			}
			var corrupt *CorruptError
			if errors.As(err, &corrupt) || errors.Is(err, index.ErrNotFound) || errors.Is(err, index.ErrContent) {
				errs[i] = err
				return nil
			}
			return err
		})
	}
	err := g.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(append(errs, err)...)
}
