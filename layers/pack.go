package layers

import (
	"context"
	"errors"
	"fmt"
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
	entries []*Entry
	index   map[*Source]int
	sources *files

	runs    []run
	next    atomic.Int64 // run
	workers atomic.Int32
	group   *errgroup.Group

	// Only the holder of the turn uses what follows.
	out           *assembly
	packed, total int64 // bytes of content
	told          int64 // packed, when it was last reported
}

// run is a sequence of entries that one worker reads.
type run struct {
	entries []*Entry
	done    chan struct{} // closed when they are in the assembly
}

// pack reads the layer's entries and returns its recipe, and its spool if
// there is one.
func (b *builder) pack(ctx context.Context, number int, spec *Spec) (_ *recipe, _ *spool, err error) {
	p, err := b.newPacker(number, spec)
	if err != nil {
		return nil, nil, err
	}
	w := b.worker()
	defer b.workers.Put(w)
	p.out = newAssembly(b.opt.ModTime.Unix(), &b.cores, p.sources, func() (*spool, error) {
		if spec.Key.IsZero() {
			return newSpool(nil, b.opt.TempDir)
		}
		return newSpool(b.opt.Store, b.opt.TempDir)
	})
	defer func() {
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
	r.Key, r.Entries, r.ModTime = spec.Key, int64(len(p.entries)), b.opt.ModTime
	return r, p.out.spooled, nil
}

func (b *builder) newPacker(number int, spec *Spec) (*packer, error) {
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
	p := &packer{
		b: b, spec: spec, number: number, entries: sorted,
		index: make(map[*Source]int), sources: newFiles(spec.Sources),
	}
	for i, s := range spec.Sources {
		p.index[s] = i
	}
	for _, e := range sorted {
		p.total += e.Size
		if e.Slice == nil {
			continue
		}
		if _, ok := p.index[e.Slice.Source]; !ok {
			return nil, &EntryError{e.Owner, e.Path, fmt.Errorf("its source %q is not one of the layer's", e.Slice.Source.Name)}
		}
	}
	p.runs = splitRuns(sorted)
	return p, nil
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

// splitRuns parts the entries into runs.
func splitRuns(entries []*Entry) []run {
	var runs []run
	for len(entries) > 0 {
		n, size := 0, int64(0)
		for n < len(entries) && n < runEntries && (n == 0 || size+entries[n].Size <= runSize) {
			size += entries[n].Size
			n++
		}
		runs = append(runs, run{entries[:n], make(chan struct{})})
		entries = entries[n:]
	}
	return runs
}
