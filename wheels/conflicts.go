package wheels

import (
	"cmp"
	"crypto/sha256"
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

// overlap finds paths that several wheels have. Of files it keeps hashes: a
// wheel may have a hundred thousand, and most paths are never named.
type overlap struct {
	files map[short]owner
	dirs  map[string]int // a wheel that has files below
	list  []Conflict
}

// short is the first half of a SHA-256, of which nobody can make two that are
// the same.
type short [sha256.Size / 2]byte

func shorten(path string) short {
	sum := sha256.Sum256([]byte(path))
	return short(sum[:len(short{})])
}

// owner is who has a file.
type owner struct {
	sum      short // of the content, the last wheel's
	known    bool  // whether sum is
	wheel    int32 // the last one
	conflict int32 // index + 1
}

func newOverlap() overlap {
	return overlap{files: make(map[short]owner), dirs: make(map[string]int)}
}

// add adds a file, with the SHA-256 of its content or nil.
func (o *overlap) add(wheel int, file string, sum []byte) {
	now := owner{wheel: int32(wheel), known: sum != nil}
	if now.known {
		now.sum = short(sum[:len(now.sum)])
	}
	key := shorten(file)
	if before, taken := o.files[key]; taken {
		now.conflict = before.conflict
		if now.conflict == 0 {
			o.list = append(o.list, Conflict{Path: file, Wheels: []int{int(before.wheel)}, Same: true})
			now.conflict = int32(len(o.list))
		}
		c := &o.list[now.conflict-1]
		c.Wheels = append(c.Wheels, wheel)
		c.Same = c.Same && now.known && before.known && now.sum == before.sum
	}
	o.files[key] = now
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if _, known := o.dirs[dir]; known {
			break
		}
		o.dirs[dir] = wheel
	}
}

// Conflicts returns the paths that more than one of the wheels install, sorted.
// It fails where the file of one is a directory to another.
func (s *Set) Conflicts() ([]Conflict, error) {
	for _, dir := range slices.Sorted(maps.Keys(s.overlap.dirs)) {
		if file, ok := s.overlap.files[shorten(dir)]; ok {
			return nil, fmt.Errorf("installing wheels: %q is a file of %q and a directory of %q", dir, s.members[file.wheel].name, s.members[s.overlap.dirs[dir]].name)
		}
	}
	list := slices.Clone(s.overlap.list)
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
