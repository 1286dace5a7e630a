package layers

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

const (
	// DefaultBudget is how many layers [Group] aims at, unless told.
	DefaultBudget = 40
	// MaxLayers is how many layers an image can have: overlay file systems
	// take no more.
	MaxLayers = 127
	// smallestAlone is the least size of an item that gets a layer of its
	// own, in bytes.
	smallestAlone = 1 << 20
)

// Item is something to be put into a layer, whole.
type Item struct {
	// Name identifies it, whatever its version ("scikit-learn"); the
	// caller sees to the spelling.
	Name string
	Size int64 // packed, in bytes
}

// GroupOptions bound what [Group] returns.
type GroupOptions struct {
	// Budget is the number of layers to aim at; 0 means [DefaultBudget].
	Budget int
	// Hard is the number of layers that must not be passed: [MaxLayers]
	// less those of the base and of others. 0 means [MaxLayers]; below 0
	// there is no room at all.
	Hard int
	// MaxLayer is how many bytes a group of several may have; 0 or less
	// means any number. An item that is larger stays alone.
	MaxLayer int64
}

// LayersError reports more layers than an image can have.
type LayersError struct{ Need, Hard int }

func (e *LayersError) Error() string {
	return fmt.Sprintf("%d layers are needed, but there is room for only %d", e.Need, max(e.Hard, 0))
}

// Group parts items into layers and returns the items' indices.
//
// Large items get a layer each and come first, the largest class of size
// before the others, by name within one; a class goes from one power of two to
// the next. The rest share a quarter of the budget: each has its place by a
// hash of its name, so that what happens to one item leaves the others where
// they are. Where the large items outnumber their part of the budget, the
// lowest classes share as well.
//
// The error is a [LayersError].
func Group(items []Item, opt GroupOptions) ([][]int, error) {
	budget, hard := cmp.Or(max(opt.Budget, 0), DefaultBudget), cmp.Or(opt.Hard, MaxLayers)
	budget = max(min(budget, hard), 1)
	shared := max(budget/4, 1)
	limit := threshold(items, budget-shared)
	var alone []int
	groups := make([][]int, shared)
	for i, it := range items {
		if it.Size >= limit {
			alone = append(alone, i)
		} else {
			place := rendezvous(it.Name, shared)
			groups[place] = append(groups[place], i)
		}
	}
	slices.SortFunc(alone, func(i, j int) int {
		return cmp.Or(cmp.Compare(class(items[j].Size), class(items[i].Size)), byName(items)(i, j))
	})
	var list [][]int
	for _, i := range alone {
		list = append(list, []int{i})
	}
	weight := func(i int) int64 { return items[i].Size }
	name := func(i int) string { return items[i].Name }
	for _, g := range groups {
		for _, part := range halve(g, opt.MaxLayer, weight, name) {
			slices.SortFunc(part, byName(items))
			list = append(list, part)
		}
	}
	if len(list) > hard {
		return nil, &LayersError{Need: len(list), Hard: hard}
	}
	return list, nil
}

func byName(items []Item) func(i, j int) int {
	return func(i, j int) int {
		return cmp.Or(strings.Compare(items[i].Name, items[j].Name), cmp.Compare(i, j))
	}
}

// threshold returns the least size for a layer of its own: the lowest bound
// of a class that no more than most items reach.
func threshold(items []Item, most int) int64 {
	for limit := int64(smallestAlone); ; limit *= 2 {
		n := 0
		for _, it := range items {
			if it.Size >= limit {
				n++
			}
		}
		if n <= most || limit >= maxCount {
			return limit
		}
	}
}

func class(size int64) int { return bits.Len64(uint64(size)) }

// rendezvous returns the place, out of n, that scores highest for the name.
// With one place more or less, only few names move.
func rendezvous(name string, n int) int {
	best, score := 0, uint64(0)
	for place := range n {
		b := binary.LittleEndian.AppendUint32(nil, uint32(place))
		if s := nameHash(string(b) + name); place == 0 || s > score {
			best, score = place, s
		}
	}
	return best
}

func nameHash(s string) uint64 {
	sum := sha256.Sum256([]byte(s))
	return binary.BigEndian.Uint64(sum[:])
}
