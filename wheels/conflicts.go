package wheels

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/assemble-image/assemble/layers"
)

// Conflict is a path that several wheels install.
type Conflict struct {
	Path string
	// Wheels are their indices, ascending. The last one's file stays, as
	// when they are installed in this order.
	Wheels []int
	// Same says that all of them bring the same content, as far as their
	// RECORDs tell.
	Same bool
}

// Conflicts returns the paths that more than one of the wheels would install
// by s, sorted. It fails where a wheel can't be installed by s, or where the
// file of one is a directory to another.
func Conflicts(ws []*Wheel, s Scheme) ([]Conflict, error) {
	type owner struct {
		last     int
		sum      []byte
		conflict int // index + 1
	}
	owners := make(map[string]owner)
	var list []Conflict
	for i, w := range ws {
		files, err := w.layout(s)
		if err != nil {
			return nil, fmt.Errorf("installing wheel %q: %w", w.Name(), err)
		}
		for _, p := range files {
			sum := w.sum(p, s)
			o, taken := owners[p.path]
			switch {
			case !taken:
				owners[p.path] = owner{last: i, sum: sum}
				continue
			case o.conflict == 0:
				list = append(list, Conflict{Path: p.path, Wheels: []int{o.last}, Same: true})
				o.conflict = len(list)
			}
			c := &list[o.conflict-1]
			c.Wheels = append(c.Wheels, i)
			c.Same = c.Same && sum != nil && bytes.Equal(sum, o.sum)
			owners[p.path] = owner{i, sum, o.conflict}
		}
	}
	files := slices.Sorted(maps.Keys(owners))
	dirs := make(map[string]bool)
	for _, file := range files {
		for dir := path.Dir(file); dir != "." && !dirs[dir]; dir = path.Dir(dir) {
			if other, ok := owners[dir]; ok {
				return nil, fmt.Errorf("installing wheels: %q is a file of %q and a directory of %q", dir, ws[other.last].Name(), ws[owners[file].last].Name())
			}
			dirs[dir] = true
		}
	}
	slices.SortFunc(list, func(a, b Conflict) int { return cmp.Compare(a.Path, b.Path) })
	return list, nil
}

// Drop returns the entries of the wheel with that index but for those that a
// later wheel replaces. It does not alter entries.
func Drop(entries []layers.Entry, wheel int, conflicts []Conflict) []layers.Entry {
	lost := make(map[string]bool)
	for _, c := range conflicts {
		if c.Wheels[len(c.Wheels)-1] != wheel && slices.Contains(c.Wheels, wheel) {
			lost[c.Path] = true
		}
	}
	if len(lost) == 0 {
		return entries
	}
	kept := make([]layers.Entry, 0, len(entries))
	for _, e := range entries {
		if !lost[e.Path] {
			kept = append(kept, e)
		}
	}
	return kept
}
