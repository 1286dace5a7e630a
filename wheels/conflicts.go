package wheels

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"path"
	"slices"
)

// Conflict is a path that several wheels install.
type Conflict struct {
	Path string
	// Wheels are their indices, ascending. The last one's file wins, as it
	// does when they are installed in this order.
	Wheels []int
	// Same reports whether their RECORDs say that all of them have the same
	// content there.
	Same bool
}

// pathIndex finds paths that several wheels install. It keeps hashes of files'
// paths: a wheel may have a hundred thousand, and most are never in a message.
type pathIndex struct {
	files     map[halfHash]owner
	dirs      map[string]int // a wheel that has files below
	conflicts []Conflict
}

// halfHash is the first half of a SHA-256, for which collisions are still
// infeasible.
type halfHash [sha256.Size / 2]byte

func hashPath(path string) halfHash {
	sum := sha256.Sum256([]byte(path))
	return halfHash(sum[:len(halfHash{})])
}

// owner is the last of the wheels that install a file.
type owner struct {
	sum      halfHash // of the wheel's content
	known    bool     // whether sum is known
	wheel    int32
	conflict int32 // index + 1
}

func newPathIndex() pathIndex {
	return pathIndex{files: make(map[halfHash]owner), dirs: make(map[string]int)}
}

// add adds a file, with the SHA-256 of its content or nil.
func (x *pathIndex) add(wheel int, file string, sum []byte) {
	now := owner{wheel: int32(wheel), known: sum != nil}
	if now.known {
		now.sum = halfHash(sum[:len(now.sum)])
	}
	key := hashPath(file)
	if before, taken := x.files[key]; taken {
		now.conflict = before.conflict
		if now.conflict == 0 {
			x.conflicts = append(x.conflicts, Conflict{Path: file, Wheels: []int{int(before.wheel)}, Same: true})
			now.conflict = int32(len(x.conflicts))
		}
		c := &x.conflicts[now.conflict-1]
		c.Wheels = append(c.Wheels, wheel)
		c.Same = c.Same && now.known && before.known && now.sum == before.sum
	}
	x.files[key] = now
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if _, known := x.dirs[dir]; known {
			break
		}
		x.dirs[dir] = wheel
	}
}

// Conflicts returns the paths that more than one of the wheels install, sorted.
// It fails if a file of one wheel is a directory of another.
func (s *Set) Conflicts() ([]Conflict, error) {
	for _, dir := range slices.Sorted(maps.Keys(s.paths.dirs)) {
		if file, ok := s.paths.files[hashPath(dir)]; ok {
			return nil, fmt.Errorf("installing wheels: %q is a file of %q and a directory of %q", dir, s.members[file.wheel].name, s.members[s.paths.dirs[dir]].name)
		}
	}
	list := slices.Clone(s.paths.conflicts)
	slices.SortFunc(list, func(a, b Conflict) int { return cmp.Compare(a.Path, b.Path) })
	return list, nil
}
