package layers

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
)

// remembered returns the layer that the store has a recipe for; nil if there
// is none that can be used.
func (b *builder) remembered(i int, spec *Spec) *Layer {
	if b.opt.Store == nil || spec.Key.IsZero() {
		return nil
	}
	l := &Layer{name: spec.Name, createdBy: spec.CreatedBy, mediaType: b.opt.MediaType, cached: true}
	if s, ok := b.opt.Store.(forgetter); ok {
		l.forget = func() { s.Remove(KindRecipe, spec.Key.String()) }
	}
	if s, ok := b.opt.Store.(prefixer); ok && len(spec.Sources) > 0 {
		return b.rememberedHead(i, spec, s, l)
	}
	r, sources, err := b.recall(spec)
	if err != nil {
		b.note(i, spec, err)
	}
	if r == nil || r.spool.kept() && !b.hasSpool(r) {
		return nil // never packed, or pruned
	}
	b.complete(i, spec, l, r, sources)
	return l
}

// prefixer is a [Store] that can read the beginning of what was put. Recipes
// of wheels have some seventy bytes a file, which nobody needs for a layer that
// the registry has.
type prefixer interface {
	Prefix(kind, key string, n int) ([]byte, bool)
}

// rememberedHead completes l from a recipe's head alone. Should the rest prove
// unusable when the layer is read, the layer is packed once more.
func (b *builder) rememberedHead(i int, spec *Spec, store prefixer, l *Layer) *Layer {
	data, ok := store.Prefix(KindRecipe, spec.Key.String(), HeadSize)
	if !ok {
		return nil
	}
	h, err := ParseHead(data)
	if err == nil {
		err = b.belongs(h, spec)
	}
	if err != nil {
		b.note(i, spec, fmt.Errorf("reading the recipe of layer %q: %w", spec.Name, err))
		return nil
	}
	l.head = h
	again := *spec
	l.load = func() error { return b.loadRecipe(i, &again, l) }
	return l
}

// loadRecipe reads the recipe of a layer of which only the head is known. The
// layer's lock is held.
func (b *builder) loadRecipe(i int, spec *Spec, l *Layer) error {
	r, sources, err := b.recall(spec)
	if err == nil && r != nil && r.Head == l.head {
		b.complete(i, spec, l, r, sources)
		return nil
	}
	if err == nil {
		err = errors.New("the cache no longer has its recipe")
	}
	b.note(i, spec, err)
	r, s, err := b.packAgain(i, spec, l.head.Digest)
	if err != nil {
		return err
	}
	b.remember(i, spec, r, s)
	l.recipe, l.sources, l.spooled = r, spec.Sources, s
	return nil
}

// recall returns the recipe that the store has for a layer, and its sources;
// nil if it has none.
func (b *builder) recall(spec *Spec) (*recipe, []*Source, error) {
	data, ok := b.opt.Store.Get(KindRecipe, spec.Key.String())
	if !ok {
		return nil, nil, nil
	}
	r, err := parseRecipe(data)
	if err == nil {
		err = b.belongs(r.Head, spec)
	}
	var sources []*Source
	if err == nil {
		sources, err = matchSources(r.sources, spec.Sources)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the recipe of layer %q: %w", spec.Name, err)
	}
	return r, sources, nil
}

// belongs reports whether a recipe is that of the layer.
func (b *builder) belongs(h Head, spec *Spec) error {
	if h.Key != spec.Key || !h.ModTime.Equal(b.opt.ModTime) {
		return fmt.Errorf("%w: it belongs to another layer", ErrRecipe)
	}
	return nil
}

// complete gives a layer its recipe.
func (b *builder) complete(i int, spec *Spec, l *Layer, r *recipe, sources []*Source) {
	l.head, l.recipe, l.sources = r.Head, r, sources
	if r.spool.size > 0 {
		l.respool = b.respooler(i, spec, r)
	}
}

// hasSpool reports whether the store has the spool of a recipe.
func (b *builder) hasSpool(r *recipe) bool {
	_, ok := b.opt.Store.File(KindSpool, fmt.Sprintf("%x", r.spool.sha256))
	return ok
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
	r, s, err := b.packAgain(i, spec, want.Digest)
	if err != nil {
		return nil, err
	}
	if r.spool.size != want.spool.size {
		return nil, errors.Join(fmt.Errorf("packing layer %q again: %w", spec.Name, ErrSourceChanged), s.close())
	}
	if want.spool.kept() {
		b.remember(i, spec, r, s)
	}
	return s, nil
}

// packAgain packs a layer that is known: it must come out with the same digest.
func (b *builder) packAgain(i int, spec *Spec, want [sha256.Size]byte) (*recipe, *spool, error) {
	r, s, err := b.pack(context.Background(), i, spec, nil) // a v1.Layer is read without a context
	if err != nil {
		return nil, nil, err
	}
	if r.Digest != want {
		return nil, nil, errors.Join(fmt.Errorf("packing layer %q again: %w", spec.Name, ErrSourceChanged), s.close())
	}
	return r, s, nil
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
