package wheels

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
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
	shared    map[int]map[string]string // by wheel and path; see [Set.SharedSums]
	unsure    map[int]bool              // by wheel; see [Set.Unsure]
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
	listed   bool     // added by a listing that doesn't tell the sum
	wheel    int32
	conflict int32 // index + 1
}

func newPathIndex() pathIndex {
	return pathIndex{
		files: make(map[halfHash]owner), dirs: make(map[string]int),
		shared: make(map[int]map[string]string), unsure: make(map[int]bool),
	}
}

// add adds a file, with the SHA-256 of its content or nil.
func (x *pathIndex) add(wheel int, file string, sum []byte) {
	x.put(file, newOwner(wheel, sum))
}

// addListed adds a file of a listing, with its sum there or nil.
func (x *pathIndex) addListed(wheel int, file string, sum []byte) {
	o := newOwner(wheel, sum)
	o.listed = sum == nil
	if o.sum == (halfHash{}) {
		o.known = false
	}
	x.put(file, o)
}

func newOwner(wheel int, sum []byte) owner {
	o := owner{wheel: int32(wheel), known: sum != nil}
	if o.known {
		o.sum = halfHash(sum[:len(o.sum)])
	}
	return o
}

// share notes what of an owner's content is to be told of a path that it shares.
func (x *pathIndex) share(file string, o owner) {
	wheel := int(o.wheel)
	if o.listed {
		x.unsure[wheel] = true
		return
	}
	if x.shared[wheel] == nil {
		x.shared[wheel] = map[string]string{}
	}
	x.shared[wheel][file] = unknownSum
	if o.known {
		x.shared[wheel][file] = hex.EncodeToString(o.sum[:])
	}
}

// put adds a file of its owner.
func (x *pathIndex) put(file string, now owner) {
	wheel := int(now.wheel)
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
		x.share(file, before)
		x.share(file, now)
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
