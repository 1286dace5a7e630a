package unpack

import (
	"maps"
	"slices"
	"strings"
)

// Owner says which package of the base has a file, by its path relative to the
// root and free of links; false for none, and for those whose place a package
// of the set takes.
type Owner func(path string) (name, version string, ok bool)

// Taken returns the files that the set's packages take from packages of the
// base, by the names of those: their lists must no longer name them. It knows
// files by the sums and conffiles, and of a package that is unpacked all. The error is an
// [OverwriteError] where a package doesn't say that it replaces the one that has
// the file.
func (s *Set) Taken(owner Owner) (map[string][]string, error) {
	taken := map[string]map[string]bool{}
	for i, p := range s.packages {
		for _, path := range s.known(i) {
			name, version, ok := owner(path)
			if !ok || name == p.Name {
				continue
			}
			if !s.doesReplace(i, name, version) {
				return nil, &OverwriteError{Path: path, First: name + " " + version, Second: p.Name + " " + p.Version}
			}
			if taken[name] == nil {
				taken[name] = map[string]bool{}
			}
			taken[name][path] = true
		}
	}
	lists := map[string][]string{}
	for name, paths := range taken {
		lists[name] = slices.Sorted(maps.Keys(paths))
	}
	return lists, nil
}

// At returns where a path of a package that the base has lies, relative to the
// root and free of the base's links, but for one in its last element.
func (s *Set) At(shipped string) string {
	all := layout{links: s.opt.Links}
	return all.follow1(strings.TrimPrefix(shipped, "/"))
}

// known are the files of package i, links among them once it is unpacked.
func (s *Set) known(i int) []string {
	paths := map[string]bool{}
	for _, path := range s.listed(i) {
		paths[path] = true
	}
	slot := &s.trees[i]
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if slot.tree != nil {
		for j := range slot.tree.Files {
			if f := &slot.tree.Files[j]; !f.Entry.Mode.IsDir() {
				paths[f.Entry.Path] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(paths))
}
