package layers

import (
	"context"
	"errors"
	"fmt"
)

// remembered returns the layer that the store has a recipe for; nil if there
// is none that can be used.
func (b *builder) remembered(i int, spec *Spec) *Layer {
	if b.opt.Store == nil || spec.Key.IsZero() {
		return nil
	}
	data, ok := b.opt.Store.Get(KindRecipe, spec.Key.String())
	if !ok {
		return nil
	}
	r, err := parseRecipe(data)
	if err == nil && (r.Key != spec.Key || !r.ModTime.Equal(b.opt.ModTime)) {
		err = fmt.Errorf("%w: it belongs to another layer", ErrRecipe)
	}
	var sources []*Source
	if err == nil {
		sources, err = matchSources(r.sources, spec.Sources)
	}
	if err != nil {
		b.note(i, spec, fmt.Errorf("reading the recipe of layer %q: %w", spec.Name, err))
		return nil
	}
	l := newLayer(spec, r, b.opt.MediaType)
	l.sources, l.cached = sources, true
	if s, ok := b.opt.Store.(forgetter); ok {
		l.forget = func() { s.Remove(KindRecipe, spec.Key.String()) }
	}
	if r.spool.size == 0 {
		return l
	}
	if r.spool.kept() {
		if _, ok := b.opt.Store.File(KindSpool, fmt.Sprintf("%x", r.spool.sha256)); !ok {
			return nil // pruned
		}
	}
	l.respool = b.respooler(i, spec, r)
	return l
}

// respooler returns how the spool of a layer is opened when it is read.
func (b *builder) respooler(i int, spec *Spec, r *recipe) func() (*spool, error) {
	again := *spec
	return func() (*spool, error) { return b.respool(i, &again, r) }
}

// forgetter is a [Store] that can lose a recipe that proved wrong.
type forgetter interface{ Remove(kind, key string) }

// matchSources returns the sources that a recipe asks for, out of those given.
func matchSources(want []fileID, given []*Source) ([]*Source, error) {
	byID := make(map[fileID]*Source, len(given))
	for _, s := range given {
		byID[fileID{s.SHA256, s.Size}] = s
	}
	sources := make([]*Source, len(want))
	for i, id := range want {
		if sources[i] = byID[id]; sources[i] == nil {
			return nil, fmt.Errorf("%w: it needs a file of SHA-256 %x", ErrRecipe, id.sha256)
		}
	}
	return sources, nil
}

// respool opens the spool of a remembered layer. If the store doesn't keep it,
// has lost or damaged it, the layer is packed once more.
func (b *builder) respool(i int, spec *Spec, want *recipe) (*spool, error) {
	if want.spool.kept() {
		path, ok := b.opt.Store.File(KindSpool, fmt.Sprintf("%x", want.spool.sha256))
		err := errors.New("the cache no longer has a spool")
		if ok {
			var s *spool
			if s, err = openSpool(path, want.spool); err == nil {
				return s, nil
			}
		}
		b.note(i, spec, err)
	}
	r, s, err := b.pack(context.Background(), i, spec, nil) // a v1.Layer is read without a context
	if err != nil {
		return nil, err
	}
	if r.Digest != want.Digest || r.spool.size != want.spool.size {
		return nil, errors.Join(fmt.Errorf("packing layer %q again: %w", spec.Name, ErrSourceChanged), s.close())
	}
	if want.spool.kept() {
		b.remember(i, spec, r, s)
	}
	return s, nil
}

// remember puts the recipe, and before it the spool, into the store.
func (b *builder) remember(i int, spec *Spec, r *recipe, s *spool) {
	if b.opt.Store == nil || spec.Key.IsZero() {
		return
	}
	if s != nil {
		if err := s.keep(b.opt.Store); err != nil {
			b.note(i, spec, err)
			return
		}
	}
	if err := b.opt.Store.Put(KindRecipe, spec.Key.String(), r.encode()); err != nil {
		b.note(i, spec, fmt.Errorf("keeping the recipe of layer %q: %w", spec.Name, err))
	}
}

func (b *builder) note(i int, spec *Spec, err error) {
	b.tell(Event{Kind: EventNote, Index: i, Name: spec.Name, Err: err})
}
