package loader

import (
	"cmp"
	"path"
	"slices"

	"github.com/assemble-image/assemble/internal/doctor/image"
)

// Missing is a library that a file needs and that nothing provides.
type Missing struct {
	// File is the path of the file that needs it, Library the name.
	File    *image.Node
	Library string
	// Elsewhere are files of that name in the image that are not found from
	// there, sorted by path.
	Elsewhere []*image.Node
}

// Missing lists what is missing of the files that wanted tells, by their paths.
func (l *Loader) Missing(wanted func(*image.Node) bool) []Missing {
	var list []*image.Node
	byName := map[string][]*image.Node{}
	l.tree.Each(func(n *image.Node) {
		if n.Note == nil || n.Note.Object == nil {
			return
		}
		list = append(list, n)
		byName[path.Base(n.Path)] = append(byName[path.Base(n.Path)], n)
		if s := n.Note.Object.Soname; s != "" && s != path.Base(n.Path) {
			byName[s] = append(byName[s], n)
		}
	})
	slices.SortFunc(list, func(a, b *image.Node) int { return cmp.Compare(a.Path, b.Path) })
	type open struct {
		n    *image.Node
		name string
	}
	var unfound []open
	for _, n := range list {
		for _, name := range n.Note.Object.Needed {
			if found := l.Find(name, n.Note.Object, n.Path); found != nil {
				l.record(n, found, name)
				continue
			}
			unfound = append(unfound, open{n, name})
		}
	}
	var out []Missing
	for _, u := range unfound {
		if !wanted(u.n) || l.fromLoaders(u.n, u.name) {
			continue
		}
		m := Missing{File: u.n, Library: u.name}
		for _, other := range byName[u.name] {
			if o := other.Note.Object; o.Machine == u.n.Note.Object.Machine && o.Class == u.n.Note.Object.Class {
				m.Elsewhere = append(m.Elsewhere, other)
			}
		}
		slices.SortFunc(m.Elsewhere, func(a, b *image.Node) int { return cmp.Compare(a.Path, b.Path) })
		out = append(out, m)
	}
	return out
}

// record remembers that one file loads another.
func (l *Loader) record(by, found *image.Node, name string) {
	l.loaders[found.Path] = append(l.loaders[found.Path], by.Path)
	if l.loaded[by.Path] == nil {
		l.loaded[by.Path] = map[string]bool{}
	}
	l.loaded[by.Path][name] = true
	if s := found.Note; s.Object != nil && s.Object.Soname != "" {
		l.loaded[by.Path][s.Object.Soname] = true
	}
}

// fromLoaders reports whether something that loads the file has the library loaded
// already, or has it looked for where it is (DT_RPATH is inherited).
func (l *Loader) fromLoaders(n *image.Node, name string) bool {
	seen := map[string]bool{n.Path: true}
	queue := slices.Clone(l.loaders[n.Path])
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		if l.loaded[at][name] {
			return true
		}
		by := l.tree.Lookup(at).Note.Object
		if n.Note.Object.Runpath == "" && by.Runpath == "" {
			for _, dir := range l.dirs(by.Rpath, at, by) {
				if l.fits(path.Join(dir, name), n.Note.Object) != nil {
					return true
				}
			}
		}
		queue = append(queue, l.loaders[at]...)
	}
	return false
}
