package unpack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/dependency"
)

// Options say what packages are unpacked on. The zero value is a base without
// links and diversions.
type Options struct {
	// Links are the base's symbolic links that lead to directories, relative
	// to the root as their targets, which are free of links ("bin" → "usr/bin").
	// Those at the top and one below it concern all packages; one further down
	// concerns packages with files behind it.
	Links map[string]string
	// Diversions are the base's; see [ParseDiversions].
	Diversions []Diversion
	// TempDir is where packages are unpacked; empty means os.TempDir. It takes
	// as much as they install.
	TempDir string
}

// Set is packages that are installed together. Its methods may be called at
// once.
type Set struct {
	packages []*deb.Package
	replaces [][]dependency.Group
	layouts  []layout
	lost     []map[string]bool // paths that a package loses to another one
	opt      Options
	trees    []slot
}

// slot is where a tree is once somebody has asked for it.
type slot struct {
	mu   sync.Mutex
	tree *Tree
}

// New returns the set of packages, in the order in which dpkg unpacks them. It
// fails with an [OverwriteError] where dpkg would.
func New(packages []*deb.Package, opt Options) (*Set, error) {
	s := &Set{packages: packages, opt: opt, trees: make([]slot, len(packages))}
	names := map[string]bool{}
	for _, p := range packages {
		id := p.Name + ":" + p.Architecture
		if names[id] {
			return nil, fmt.Errorf("package %s is there twice", id)
		}
		names[id] = true
		groups, err := dependency.Parse(p.Control.Get("Replaces"))
		if err != nil {
			return nil, fmt.Errorf("package %q: Replaces: %w", p.Path, err)
		}
		s.replaces = append(s.replaces, groups)
		s.lost = append(s.lost, map[string]bool{})
		s.layouts = append(s.layouts, newLayout(p, &opt))
	}
	return s, s.findLost()
}

// Packages returns the packages in their order.
func (s *Set) Packages() []*deb.Package { return s.packages }

// Dirs returns the directories, relative to the root and sorted, that files of
// the packages are known to lie in before anything is unpacked.
func (s *Set) Dirs() []string {
	dirs := map[string]bool{}
	for i := range s.packages {
		for _, name := range s.listed(i) {
			for dir := path.Dir(name); dir != "." && !dirs[dir]; dir = path.Dir(dir) {
				dirs[dir] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(dirs))
}

// Files returns the packages' files, as far as they are known before anything is
// unpacked: absolute, free of the base's links, and sorted.
func (s *Set) Files() []string {
	files := map[string]bool{}
	for i := range s.packages {
		for _, name := range s.listed(i) {
			files["/"+name] = true
		}
	}
	return slices.Sorted(maps.Keys(files))
}

// Close removes what was unpacked; contents can't be opened any more.
func (s *Set) Close() error {
	var errs []error
	for i := range s.trees {
		slot := &s.trees[i]
		slot.mu.Lock()
		if slot.tree != nil {
			errs = append(errs, slot.tree.spool.close())
			slot.tree = nil
		}
		slot.mu.Unlock()
	}
	return errors.Join(errs...)
}

// Unpack unpacks all packages, jobs of them at once, the largest first.
func (s *Set) Unpack(ctx context.Context, jobs int) error {
	order := make([]int, len(s.packages))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.packages[b].Size, s.packages[a].Size) })
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(jobs, 1))
	for _, i := range order {
		g.Go(func() error {
			_, err := s.Tree(ctx, i)
			return err
		})
	}
	return g.Wait()
}
