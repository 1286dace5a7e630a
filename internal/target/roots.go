package target

import (
	"cmp"
	"iter"
	"path"
	"slices"
	"strings"
)

// findRoots notes the base's directories that wheel layers need not write
// again. What lies inside site-packages is left out: it belongs to projects,
// and a layer must not depend on which of them a base happens to have.
func (t *Target) findRoots() {
	t.roots = map[string]bool{}
	for _, dir := range []string{t.Scheme.Purelib, t.Scheme.Platlib, t.Scheme.Scripts, t.Scheme.Data, t.Scheme.Headers} {
		for ; dir != "."; dir = path.Dir(dir) {
			if t.Facts.HasDir(dir) {
				t.roots[dir] = true
			}
		}
	}
	pure, plat := path.Dir(t.Scheme.Purelib)+"/", path.Dir(t.Scheme.Platlib)+"/"
	for dir := range t.baseDirs() {
		isPython := strings.HasPrefix(dir+"/", pure) || strings.HasPrefix(dir+"/", plat)
		if strings.HasPrefix(dir, t.Scheme.Data+"/") && !isPython {
			t.roots[dir] = true
		}
	}
	list := make([]string, 0, len(t.roots))
	for dir := range t.roots {
		list = append(list, dir)
	}
	slices.SortFunc(list, cmp.Compare)
	t.rootsID = strings.Join(list, "\x00")
}

// baseDirs yields the base's directories, and the symbolic links that lead to
// one, relative to its root.
func (t *Target) baseDirs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, dir := range t.Facts.Dirs {
			if !yield(strings.TrimPrefix(dir, "/")) {
				return
			}
		}
		for link := range t.Facts.Links {
			if t.Facts.HasDir(link) && !yield(strings.TrimPrefix(link, "/")) {
				return
			}
		}
	}
}

// IsRoot reports whether dir is one of the base's directories that wheels may
// meet: those of the install scheme, and all others below the prefix that
// aren't Python's.
func (t *Target) IsRoot(dir string) bool { return t.roots[dir] }

// RootsID says which directories the roots are, for the keys of layers.
func (t *Target) RootsID() string { return t.rootsID }
