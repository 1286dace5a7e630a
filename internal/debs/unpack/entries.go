package unpack

import (
	"context"
	"slices"

	"github.com/assemble-image/assemble/layers"
)

// Entries returns the paths of some packages, given by their indices, for one
// layer, with the files that dpkg keeps of them. They depend on nothing but
// what [Set.Key] says. Contents can be opened until Close.
func (s *Set) Entries(ctx context.Context, members []int) ([]layers.Entry, error) {
	members = slices.Sorted(slices.Values(members))
	var all []layers.Entry
	m := merger{s: s, places: map[string]place{}}
	for _, i := range members {
		t, err := s.Tree(ctx, i)
		if err != nil {
			return nil, err
		}
		var own []layers.Entry
		for j := range t.Files {
			if !t.Files[j].Lost {
				own = append(own, t.Files[j].Entry)
			}
		}
		relink(own)
		own = append(own, t.Info()...)
		for _, e := range own {
			if all, err = m.add(all, i, e); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// merger puts packages into one list.
type merger struct {
	s      *Set
	places map[string]place
}

type place struct{ owner, at int }

// add adds an entry of package i. Directories stay as the first package has
// them, as dpkg leaves them; of links one is the winner, as of files.
func (m *merger) add(all []layers.Entry, i int, e layers.Entry) ([]layers.Entry, error) {
	first, taken := m.places[e.Path]
	if !taken {
		m.places[e.Path] = place{owner: i, at: len(all)}
		return append(all, e), nil
	}
	if e.Mode.IsDir() && all[first.at].Mode.IsDir() {
		return all, nil
	}
	winner, err := m.s.winner(e.Path, first.owner, i)
	if err != nil {
		return nil, err
	}
	if winner == i {
		all[first.at] = e
		m.places[e.Path] = place{owner: i, at: first.at}
	}
	return all, nil
}
