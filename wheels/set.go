package wheels

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/assemble-image/assemble/wheels/tags"
)

// A Set is a list of wheels that are to be installed together, in this order, by
// one scheme. It finds conflicts and unmet requirements between them, and keeps
// some fifty bytes for each file rather than the wheels. Make one with [NewSet].
type Set struct {
	scheme  Scheme
	members []member
	paths   pathIndex
	// programs are the names of what is installed among the scheme's scripts.
	programs map[string]bool
}

// member is what is kept of a wheel.
type member struct {
	name     string // of the file
	filename tags.Filename
	metadata Metadata
}

// NewSet returns an empty set for the scheme.
func NewSet(s Scheme) *Set {
	return &Set{scheme: s, paths: newPathIndex(), programs: map[string]bool{}}
}

// Programs returns the names of the commands that the wheels install, sorted.
func (s *Set) Programs() []string { return slices.Sorted(maps.Keys(s.programs)) }

// Add adds a wheel after the others. It fails if the wheel can't be
// installed by the scheme.
func (s *Set) Add(w *Wheel) error {
	files, err := w.layout(s.scheme)
	if err != nil {
		return fmt.Errorf("installing wheel %q: %w", w.Name(), err)
	}
	for _, p := range files {
		s.paths.add(len(s.members), p.path, w.sum(p, s.scheme))
		if path.Dir(p.path) == s.scheme.Scripts {
			s.programs[path.Base(p.path)] = true
		}
	}
	s.members = append(s.members, member{w.Name(), w.Filename, w.Metadata})
	return nil
}
