package layers

import (
	"bytes"
	"context"
	"testing"
)

// prefixStore is a store that reads heads, and counts the recipes that were
// read whole.
type prefixStore struct {
	*memStore
	whole int
}

func (s *prefixStore) Get(kind, key string) ([]byte, bool) {
	if kind == KindRecipe {
		s.whole++
	}
	return s.memStore.Get(kind, key)
}

func (s *prefixStore) Prefix(kind, key string, n int) ([]byte, bool) {
	b, ok := s.memStore.Get(kind, key)
	return b[:min(n, len(b))], ok
}

// wheelSpec returns a spec with a source and a key.
func wheelSpec(t *testing.T) Spec {
	for _, s := range manySpecs(t) {
		if len(s.Sources) > 0 && !s.Key.IsZero() {
			return s
		}
	}
	t.Fatal("no spec has a source")
	return Spec{}
}

// TestHeadsFirst holds that a layer of wheels is known by the head of its
// recipe, that the rest is read when the layer is, and that a rest that is no
// good costs time only.
func TestHeadsFirst(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(s *memStore, at string)
		cached bool // the head serves
		notes  int
	}{
		{"sound", func(*memStore, string) {}, true, 0},
		{"program flipped", func(s *memStore, at string) { s.data[at][len(s.data[at])-9] ^= 1 }, true, 1},
		{"cut after the head", func(s *memStore, at string) { s.data[at] = s.data[at][:HeadSize] }, true, 1},
		{"head flipped", func(s *memStore, at string) { s.data[at][HeadSize-20] ^= 1 }, false, 1},
		{"cut within the head", func(s *memStore, at string) { s.data[at] = s.data[at][:HeadSize-1] }, false, 1},
		{"empty", func(s *memStore, at string) { s.data[at] = nil }, false, 1},
		{"lost", func(s *memStore, at string) { delete(s.data, at) }, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := wheelSpec(t)
			store := &prefixStore{memStore: newMemStore(t)}
			notes := 0
			opt := Options{Store: store, Progress: func(e Event) {
				if e.Kind == EventNote {
					notes++
				}
			}}
			build := func() *Layer {
				t.Helper()
				ls, err := Build(context.Background(), []Spec{spec}, opt)
				check(t, err)
				t.Cleanup(func() { check(t, ls[0].Close()) })
				return ls[0]
			}
			first := build()
			want := compressed(t, first)
			tt.damage(store.memStore, KindRecipe+"/"+spec.Key.String())
			second := build()
			if second.Cached() != tt.cached || second.Head() != first.Head() || store.whole != 0 {
				t.Errorf("cached: %t, head %+v, %d recipes read", second.Cached(), second.Head(), store.whole)
			}
			for range 2 {
				if !bytes.Equal(compressed(t, second), want) {
					t.Error("other bytes")
				}
			}
			third := build()
			if !third.Cached() || !bytes.Equal(compressed(t, third), want) || notes != tt.notes {
				t.Errorf("not healed; %d notes, want %d", notes, tt.notes)
			}
		})
	}
	t.Run("lost before it is read", func(t *testing.T) {
		spec := wheelSpec(t)
		store := &prefixStore{memStore: newMemStore(t)}
		ls, err := Build(context.Background(), []Spec{spec}, Options{Store: store})
		check(t, err)
		want := compressed(t, ls[0])
		again, err := Build(context.Background(), []Spec{spec}, Options{Store: store})
		check(t, err)
		clear(store.data)
		if !bytes.Equal(compressed(t, again[0]), want) {
			t.Error("other bytes")
		}
		check(t, again[0].Close())
	})
}
