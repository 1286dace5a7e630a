package layers

import "iter"

// Spec describes one layer to be packed. The entries are asked for only when
// no recipe for Key is known, so that an unchanged layer costs no reading.
type Spec struct {
	// Name says what the layer holds, for people: "torch 2.9.0".
	Name string
	// CreatedBy is the layer's line in the image's history.
	CreatedBy string
	// Key identifies the layer's bytes: equal keys, equal bytes, on every
	// machine. It must cover all that Entries, Stream and Exists depend on; see
	// [NewKey]. A recipe made with another [Options].ModTime is not used.
	// The zero Key is never looked up nor remembered.
	Key Key
	// Sources are the files that the entries' slices are cut from; slices
	// of others are refused.
	Sources []*Source
	// Size estimates the packed bytes; the largest layers are begun first.
	Size int64
	// Entries returns the layer's paths, in any order. It may be called
	// from another goroutine.
	Entries func() ([]Entry, error)
	// Stream gives the layer's paths instead of Entries, where they may be
	// too many to be held: sorted by Path, byte by byte, each once. It may
	// be called again, when the layer is read, and then gives the same ones.
	// An error ends it.
	Stream func() iter.Seq2[Entry, error]
	// Exists reports whether the image already has the directory dir (in
	// the base or an earlier layer), so that it is not written again.
	// Nil means that only the root exists.
	Exists func(dir string) bool
}
