package layers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const (
	// runSize is how many bytes of content a worker takes on at once, unless
	// a single file has more.
	runSize = 1 << 20
	// runEntries is how many entries it takes on at most.
	runEntries = 1024
	// largeSpec is from how many packed bytes on a spec is large.
	largeSpec = 16 << 20
	// maxWorkers bounds how many workers read one layer: hashing it, in
	// order, keeps up with no more.
	maxWorkers = 5
)

// A packer turns the entries of one layer into its recipe.
type packer struct {
	b       *builder
	spec    *Spec
	number  int // the spec's index
	index   map[*Source]int
	sources *files

	feed    *feed
	workers atomic.Int32
	group   *errgroup.Group

	// Only the holder of the turn uses what follows.
	out           *assembly
	packed, total int64 // bytes of content
	told          int64 // packed, when it was last reported
}

// pack reads the layer's entries and returns its recipe, and its spool if
// there is one. With a tee, that gets the layer's bytes and the spool is empty.
func (b *builder) pack(ctx context.Context, number int, spec *Spec, tee io.Writer) (_ *recipe, _ *spool, err error) {
	p, err := b.newPacker(number, spec)
	if err != nil {
		return nil, nil, err
	}
	w := b.worker()
	defer b.workers.Put(w)
	p.out = newAssembly(b.opt.ModTime.Unix(), &b.cores, p.sources, func() (*spool, error) {
		if tee != nil {
			return &spool{}, nil
		}
		if spec.Key.IsZero() {
			return newSpool(nil, b.opt.TempDir, b.opt.maxKept)
		}
		return newSpool(b.opt.Store, b.opt.TempDir, b.opt.maxKept)
	})
	p.out.tee = tee
	defer func() {
		p.feed.close()
		err = errors.Join(err, p.sources.close())
		if err != nil && p.out.spooled != nil {
			err = errors.Join(err, p.out.spooled.close())
		}
	}()
	var inner context.Context
	p.group, inner = errgroup.WithContext(ctx)
	p.workers.Store(1)
	p.group.Go(func() error { return p.work(inner, w) })
	err = p.group.Wait()
	p.out.tar.rejoin()
	if err != nil {
		return nil, nil, err
	}
	r, err := p.out.finish()
	if err != nil {
		return nil, nil, err
	}
	// What was read for the one digest and what for the other is the same
	// only if nobody wrote to the file in between.
	if err := p.sources.check(); err != nil {
		return nil, nil, err
	}
	r.Key, r.Entries, r.ModTime = spec.Key, p.feed.count, b.opt.ModTime
	return r, p.out.spooled, nil
}

func (b *builder) newPacker(number int, spec *Spec) (*packer, error) {
	p := &packer{b: b, spec: spec, number: number, index: make(map[*Source]int), sources: newFiles(spec.Sources)}
	for i, s := range spec.Sources {
		p.index[s] = i
	}
	if spec.Stream != nil {
		p.total = spec.Size
		t, o := tally{limits: b.opt.Limits}, order{exists: spec.Exists}
		p.feed = streamFeed(spec.Stream(), func(e *Entry) ([]*Entry, error) {
			if err := errors.Join(t.add(e), p.checkSource(e)); err != nil {
				return nil, err
			}
			return o.next(e)
		})
		return p, nil
	}
	entries, err := b.list(spec)
	if err != nil {
		return nil, err
	}
	if err := b.opt.Limits.check(entries); err != nil {
		return nil, err
	}
	sorted, err := arrange(entries, spec.Exists)
	if err != nil {
		return nil, err
	}
	for _, e := range sorted {
		p.total += e.Size
		if err := p.checkSource(e); err != nil {
			return nil, err
		}
	}
	p.feed = listFeed(sorted)
	return p, nil
}

// checkSource refuses a slice of a source that the spec doesn't name.
func (p *packer) checkSource(e *Entry) error {
	if e.Slice == nil || e.Slice.Source == nil {
		return nil
	}
	if _, ok := p.index[e.Slice.Source]; !ok {
		return &EntryError{e.Owner, e.Path, fmt.Errorf("its source %q is not one of the layer's", e.Slice.Source.Name)}
	}
	return nil
}

// list returns the spec's entries. Listing the files of large sources takes
// memory for each of them, for a moment, so that large specs take turns.
func (b *builder) list(spec *Spec) ([]Entry, error) {
	if spec.Size >= largeSpec {
		b.listing.Lock()
		defer b.listing.Unlock()
	}
	return spec.Entries()
}
