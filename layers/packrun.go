package layers

import (
	"context"
	"errors"
)

// work reads runs until there are no more.
func (p *packer) work(ctx context.Context, w *worker) error {
	for {
		r, ok := p.feed.next()
		if !ok {
			return nil
		}
		if err := p.read(ctx, w, &r); err != nil {
			return err
		}
	}
}

// read reads one run and sees it into the assembly.
func (p *packer) read(ctx context.Context, w *worker, r *run) error {
	w.ahead = w.ahead[:0]
	s := &sink{p: p, buf: &w.ahead, turn: r.turn}
	for _, e := range r.entries {
		if err := p.readEntry(ctx, w, e, s); err != nil {
			// An error waits for its turn, too, so that of several the
			// same one is reported each time.
			if werr := s.wait(ctx); werr != nil {
				return p.blame(ctx, e, werr)
			}
			return err
		}
	}
	if err := s.wait(ctx); err != nil {
		return p.blame(ctx, nil, err)
	}
	if r.fault != nil {
		return p.blame(ctx, nil, r.fault)
	}
	if err := p.out.hash(); err != nil {
		return err
	}
	close(r.done)
	return nil
}

func (p *packer) readEntry(ctx context.Context, w *worker, e *Entry, s *sink) error {
	if err := s.begin(e); err != nil {
		return err
	}
	if s.direct {
		p.recruit(ctx)
	}
	c, err := w.read(ctx, p, e, s)
	if err == nil {
		err = s.end(e, &c)
	}
	if err != nil {
		return p.blame(ctx, e, err)
	}
	return nil
}

// recruit puts another worker on the layer if there is a core to spare.
func (p *packer) recruit(ctx context.Context) {
	if p.workers.Load() >= maxWorkers || p.feed.over.Load() || !p.b.cores.take() {
		return
	}
	p.workers.Add(1)
	p.group.Go(func() error {
		defer p.b.cores.give()
		w := p.b.worker()
		defer p.b.workers.Put(w)
		return p.work(ctx, w)
	})
}

// blame says what the error is about: the entry, unless the error names one
// itself, since what was gathered of earlier ones is looked at later. Content
// that makes no sense because its source was altered is the source's fault.
func (p *packer) blame(ctx context.Context, e *Entry, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if cerr := p.sources.check(); cerr != nil {
		return cerr
	}
	if entry := (*EntryError)(nil); e == nil || errors.As(err, &entry) {
		return err
	}
	return &EntryError{Owner: e.Owner, Path: e.Path, Err: err}
}

// source returns the index of the entry's source.
func (p *packer) source(e *Entry) int {
	if e.Slice == nil {
		return -1
	}
	return p.index[e.Slice.Source]
}

// progress counts content that is in the assembly, and reports it now and
// then.
func (p *packer) progress(n int64) {
	const step = 4 << 20
	if p.packed += n; p.packed-p.told >= step {
		p.told = p.packed
		p.b.tell(Event{Kind: EventPacking, Index: p.number, Name: p.spec.Name, Bytes: p.packed, Total: p.total})
	}
}
