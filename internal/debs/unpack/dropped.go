package unpack

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/root"
)

// Old is a package of the base that one of the set takes the place of.
type Old struct {
	// List is the content of its info/NAME.list.
	List []byte
	// Keep reports whether a path of it, absolute and as in the list, stays:
	// another package of the base has it, or it is a conffile, which dpkg leaves
	// as an obsolete one.
	Keep func(path string) bool
}

// Dropped returns the paths, relative to the root and sorted, that the old
// packages had and nothing of the set has: to be whited out. Of directories those
// go that nothing is left in, and none of the paths in them is named. base is
// the base before anything is unpacked.
func (s *Set) Dropped(ctx context.Context, base *root.Root, old []Old) ([]string, error) {
	all := newLayout(&deb.Package{}, &s.opt)
	have := map[string]bool{}
	for i := range s.packages {
		t, err := s.Tree(ctx, i)
		if err != nil {
			return nil, err
		}
		for j := range t.Files {
			for p := t.Files[j].Entry.Path; p != "." && !have[p]; p = path.Dir(p) {
				have[p] = true
			}
		}
	}
	gone := map[string]bool{}
	var dirs []string
	for _, o := range old {
		for line := range strings.Lines(string(o.List)) {
			shipped := strings.TrimSuffix(line, "\n")
			p := all.follow1(strings.TrimPrefix(shipped, "/"))
			if p == "." || p == "" || have[p] || all.isLink(p) || o.Keep != nil && o.Keep(shipped) {
				continue
			}
			switch info, err := base.Lstat("/" + p); {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				return nil, err
			case info.Mode.IsDir():
				dirs = append(dirs, p)
			default:
				gone[p] = true
			}
		}
	}
	return s.withDirs(base, gone, dirs)
}

// withDirs adds the directories that nothing is left in, and takes out what
// lies in those.
func (s *Set) withDirs(base *root.Root, gone map[string]bool, dirs []string) ([]string, error) {
	slices.Sort(dirs)
	for _, dir := range slices.Backward(slices.Compact(dirs)) {
		infos, err := base.ReadDir("/" + dir)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(infos, func(i root.Info) bool { return !gone[dir+"/"+i.Name] }) {
			gone[dir] = true
		}
	}
	var list []string
	for p := range gone {
		if !gone[path.Dir(p)] {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return list, nil
}
