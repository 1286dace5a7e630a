package resolve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// maxPrefetched bounds how many projects are looked at ahead of need, so that a
// hostile index can't keep the search fetching.
const maxPrefetched = 4000

// once is something that is asked of the provider once; done is closed when
// value and err are there.
type once[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// listing is what the target can make of a project.
type listing struct {
	releases []*release
	missing  bool   // the provider doesn't know the project
	denied   string // the pattern that denies it, so that nobody was asked for it
}

// fetcher asks the provider, each thing once, and ahead of need. What it
// returns does not depend on when it was asked.
type fetcher struct {
	opt    Options
	filter filter
	direct map[string]File // the files that the user names, by project
	avoid  patterns
	deny   patterns
	steer  *steering

	slots chan struct{}
	wg    sync.WaitGroup

	mu         sync.Mutex
	listings   map[string]*once[listing]
	metadata   map[*release]*once[Metadata]
	prefetched map[string]bool
	progress   Progress
}

func newFetcher(opt Options) (*fetcher, error) {
	python, err := pep440.Parse(opt.Env.PythonFullVersion)
	if err != nil {
		return nil, fmt.Errorf("resolving for Python %q: %w", opt.Env.PythonFullVersion, err)
	}
	avoid, err := newPatterns(opt.Avoid)
	if err != nil {
		return nil, err
	}
	deny, err := newPatterns(opt.Deny)
	if err != nil {
		return nil, err
	}
	steer, err := newSteering(opt)
	if err != nil {
		return nil, err
	}
	f := &fetcher{
		opt:        opt,
		avoid:      avoid,
		deny:       deny,
		steer:      steer,
		filter:     filter{version: python, tags: tags.NewIndex(opt.Ladder), newer: opt.ExcludeNewer, hashes: map[string][]string{}},
		direct:     map[string]File{},
		slots:      make(chan struct{}, opt.Jobs),
		listings:   map[string]*once[listing]{},
		metadata:   map[*release]*once[Metadata]{},
		prefetched: map[string]bool{},
	}
	return f, nil
}

// start makes the call for key unless it was made, in a goroutine.
func start[K comparable, T any](ctx context.Context, f *fetcher, calls map[K]*once[T], key K, call func(context.Context) (T, error)) *once[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c, ok := calls[key]; ok {
		return c
	}
	c := &once[T]{done: make(chan struct{})}
	calls[key] = c
	f.wg.Go(func() {
		defer close(c.done)
		select {
		case f.slots <- struct{}{}:
			defer func() { <-f.slots }()
			c.value, c.err = call(ctx)
		case <-ctx.Done():
			c.err = ctx.Err()
		}
	})
	return c
}

func (c *once[T]) wait(ctx context.Context) (T, error) {
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

// project returns the releases of a project; one that is denied has none.
func (f *fetcher) project(ctx context.Context, name string) (listing, error) {
	if pattern, ok := f.deny.find(name); ok {
		return listing{denied: pattern}, nil
	}
	return start(ctx, f, f.listings, name, func(ctx context.Context) (listing, error) {
		if file, ok := f.direct[name]; ok {
			direct := f.filter
			direct.newer = time.Time{} // the user named it, whatever its age
			return listing{releases: direct.releases(name, []File{file})}, nil
		}
		files, err := f.opt.Provider.Files(ctx, name)
		if errors.Is(err, ErrNoProject) {
			return listing{missing: true}, nil
		}
		if err != nil {
			return listing{}, fmt.Errorf("listing project %q: %w", name, err)
		}
		releases := f.filter.releases(name, files)
		f.report(name, func(p *Progress) { p.Projects++ })
		return listing{releases: releases}, nil
	}).wait(ctx)
}

// require returns the metadata of a release that fits: that of its best wheel.
func (f *fetcher) require(ctx context.Context, r *release) (Metadata, error) {
	return f.fetchMetadata(ctx, r).wait(ctx)
}

func (f *fetcher) fetchMetadata(ctx context.Context, r *release) *once[Metadata] {
	return start(ctx, f, f.metadata, r, func(ctx context.Context) (Metadata, error) {
		m, err := f.opt.Provider.Metadata(ctx, *r.wheels[0])
		if errors.Is(err, ErrBadMetadata) {
			return Metadata{}, err // names the file
		}
		if err != nil {
			return Metadata{}, fmt.Errorf("reading the metadata of %q: %w", r.wheels[0].Name, err)
		}
		f.report(r.wheels[0].Name, func(p *Progress) { p.Metadata++ })
		return m, nil
	})
}

func (f *fetcher) report(name string, change func(*Progress)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.progress)
	f.progress.Name = name
	if f.opt.Progress != nil {
		f.opt.Progress(f.progress)
	}
}

// prefetch fetches, without waiting, what the requirement will most likely
// make the search ask for: the newest version that fits it, and so on for what
// that requires. Whatever goes wrong is left for the search to find.
func (f *fetcher) prefetch(ctx context.Context, req pep508.Requirement) {
	name := pep508.NormalizeName(req.Name)
	extras := append([]string{""}, req.Extras...)
	var fresh []string
	f.mu.Lock()
	for _, extra := range extras {
		key := name + "[" + pep508.NormalizeName(extra) + "]"
		if !f.prefetched[key] && len(f.prefetched) < maxPrefetched {
			f.prefetched[key] = true
			fresh = append(fresh, extra)
		}
	}
	f.mu.Unlock()
	if len(fresh) == 0 || f.avoid.match(name) || f.deny.match(name) {
		return
	}
	f.wg.Go(func() {
		l, err := f.project(ctx, name)
		if err != nil {
			return
		}
		r := f.likelyRelease(l.releases, name, req)
		if r == nil {
			return
		}
		m, err := f.require(ctx, r)
		if err != nil {
			return
		}
		for _, dep := range m.RequiresDist {
			if ok, err := dep.Marker.Eval(f.opt.Env, fresh...); err != nil || !ok {
				continue
			}
			if dep, ok := f.steer.apply(dep); ok {
				f.prefetch(ctx, dep)
			}
		}
	})
}

func (f *fetcher) likelyRelease(list []*release, name string, req pep508.Requirement) *release {
	var best *release
	preferred, hasPreferred := f.opt.Prefer[name]
	for _, r := range list {
		if !r.fits() || r.yanked || !req.Specifiers.Contains(r.version, pep440.PrereleasesAllow) {
			continue
		}
		if hasPreferred && r.version.Equal(preferred) {
			return r
		}
		if best == nil || best.version.IsPrerelease() || !r.version.IsPrerelease() {
			best = r
		}
	}
	return best
}
