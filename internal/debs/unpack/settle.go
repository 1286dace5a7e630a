package unpack

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/layers"
)

// Settle returns what the last layer must say of directories: dpkg leaves the
// mode and owner of one that is there, but a layer that has it sets them. base
// is the base before anything is unpacked; layered are the members of each
// layer, in the layers' order. All packages get unpacked.
func (s *Set) Settle(ctx context.Context, base *root.Root, layered [][]int) ([]layers.Entry, error) {
	want, got := map[string]layers.Entry{}, map[string]layers.Entry{}
	for i := range s.packages {
		if err := s.dirs(ctx, []int{i}, func(e layers.Entry) {
			if _, known := want[e.Path]; !known {
				want[e.Path] = e
			}
		}); err != nil {
			return nil, err
		}
	}
	for path, e := range want {
		info, err := base.Lstat("/" + path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err == nil && info.Mode.IsDir() {
			e.Mode, e.UID, e.GID = info.Mode, info.UID, info.GID
			want[path] = e
		}
	}
	for _, members := range layered {
		seen := map[string]bool{}
		if err := s.dirs(ctx, slices.Sorted(slices.Values(members)), func(e layers.Entry) {
			if !seen[e.Path] {
				seen[e.Path] = true
				got[e.Path] = e
			}
		}); err != nil {
			return nil, err
		}
	}
	var list []layers.Entry
	for path, g := range got {
		if w := want[path]; w.Mode != g.Mode || w.UID != g.UID || w.GID != g.GID {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(a, b layers.Entry) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

// dirs hands out the directories of packages.
func (s *Set) dirs(ctx context.Context, members []int, each func(layers.Entry)) error {
	for _, i := range members {
		t, err := s.Tree(ctx, i)
		if err != nil {
			return err
		}
		for j := range t.Files {
			if t.Files[j].Entry.Mode.IsDir() {
				each(t.Files[j].Entry)
			}
		}
	}
	return nil
}
