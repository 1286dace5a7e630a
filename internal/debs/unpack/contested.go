package unpack

import (
	"context"
	"maps"
	"slices"

	"github.com/assemble-image/assemble/layers"
)

// contested are the paths that more than one package has, by who has them, as
// the packages say once they are unpacked. Directories are everybody's.
func (s *Set) contested(ctx context.Context) (map[string][]int, error) {
	owners := map[string][]int{}
	for i := range s.packages {
		t, err := s.Tree(ctx, i)
		if err != nil {
			return nil, err
		}
		for j := range t.Files {
			if f := &t.Files[j]; !f.Entry.Mode.IsDir() && !f.Lost {
				owners[f.Entry.Path] = append(owners[f.Entry.Path], i)
			}
		}
	}
	maps.DeleteFunc(owners, func(_ string, list []int) bool { return len(list) < 2 })
	return owners, nil
}

// Contested returns what the last layer must say of paths that several packages
// have, and that their sums don't name, as those of links: the layers' order
// may have another one of them on top than the one that replaces the others'
// files. It fails with an [OverwriteError] where none does. layered are the members of each
// layer, in the layers' order. All packages get unpacked.
func (s *Set) Contested(ctx context.Context, layered [][]int) ([]layers.Entry, error) {
	owners, err := s.contested(ctx)
	if err != nil {
		return nil, err
	}
	layerOf := make([]int, len(s.packages))
	for n, members := range layered {
		for _, i := range members {
			layerOf[i] = n
		}
	}
	var list []layers.Entry
	for _, path := range slices.Sorted(maps.Keys(owners)) {
		winner, top := owners[path][0], owners[path][0]
		for _, i := range owners[path][1:] {
			if winner, err = s.winner(path, winner, i); err != nil {
				return nil, err
			}
			if layerOf[i] > layerOf[top] {
				top = i
			}
		}
		if layerOf[winner] == layerOf[top] {
			continue // within a layer the winner has it
		}
		t, err := s.Tree(ctx, winner)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(t.Files, func(f File) bool { return f.Entry.Path == path })
		e := t.Files[at].Entry
		e.HardLink = "" // a name of its own: the other one lies in another layer
		list = append(list, e)
	}
	return list, nil
}
