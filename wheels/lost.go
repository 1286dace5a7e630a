package wheels

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/layers"
)

// LostPaths are the paths of one wheel that later wheels replace, sorted. What
// a layer contains and the layer's key both follow from them: its entries by
// [LostPaths.Drop], its key by [LostPaths.KeyPart].
type LostPaths []string

// Lost returns the paths that the wheel with that index loses. conflicts are
// those of its [Set], in their order.
func Lost(conflicts []Conflict, wheel int) LostPaths {
	var lost LostPaths
	for _, c := range conflicts {
		if winner := c.Wheels[len(c.Wheels)-1]; winner != wheel && slices.Contains(c.Wheels, wheel) {
			lost = append(lost, c.Path)
		}
	}
	return lost
}

// Drop returns the wheel's entries without those that it loses. It does not
// alter entries.
func (l LostPaths) Drop(entries []layers.Entry) []layers.Entry {
	if len(l) == 0 {
		return entries
	}
	lost := make(map[string]bool, len(l))
	for _, path := range l {
		lost[path] = true
	}
	kept := make([]layers.Entry, 0, len(entries))
	for _, e := range entries {
		if !lost[e.Path] {
			kept = append(kept, e)
		}
	}
	return kept
}

// KeyPart returns the paths as one part of a layer's key, beside those of
// [KeyParts]. No path has a NUL in it, so different lists have different parts.
func (l LostPaths) KeyPart() string { return strings.Join(l, "\x00") }
