package wheels

import (
	"fmt"

	"github.com/assemble-image/assemble/wheels/tags"
)

// A Set is wheels that are to be installed together, in this order, by one
// scheme. It keeps what they mean for each other, some fifty bytes a file,
// rather than the wheels. Make one with [NewSet].
type Set struct {
	scheme  Scheme
	members []member
	overlap overlap
}

// member is what is kept of a wheel.
type member struct {
	name     string // of the file
	filename tags.Filename
	metadata Metadata
}

// NewSet returns an empty set for the scheme.
func NewSet(s Scheme) *Set {
	return &Set{scheme: s, overlap: newOverlap()}
}

// Add adds a wheel behind the others. It fails where the wheel can't be
// installed by the scheme.
func (s *Set) Add(w *Wheel) error {
	files, err := w.layout(s.scheme)
	if err != nil {
		return fmt.Errorf("installing wheel %q: %w", w.Name(), err)
	}
	for _, p := range files {
		s.overlap.add(len(s.members), p.path, w.sum(p, s.scheme))
	}
	s.members = append(s.members, member{w.Name(), w.Filename, w.Metadata})
	return nil
}
