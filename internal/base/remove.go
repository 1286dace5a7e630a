package base

import (
	"path"
	"slices"
	"strings"
)

// listSite lists what lies in the directories that pip installs modules into.
func listSite(t *tree, py Python) map[string][]string {
	out := map[string][]string{}
	for _, root := range py.siteDirs() {
		n := t.lookup(root)
		if n == nil || n.kind != isDir || out[n.path] != nil {
			continue
		}
		n.each(func(n *node) {
			if dir := parent(n.path); n.kind != isDir {
				out[dir] = append(out[dir], path.Base(n.path))
			}
		})
	}
	for _, names := range out {
		slices.Sort(names)
	}
	return out
}

// siteDirs are the directories that pip installs modules into.
func (p Python) siteDirs() []string {
	if p.PlatPackages != "" {
		return []string{p.SitePackages, p.PlatPackages}
	}
	return []string{p.SitePackages}
}

// Installed returns the distributions of that name, normalized, that
// installing it anew replaces: those in Python's own site-packages. What the
// system's package manager keeps elsewhere stays where it is, as with pip,
// since what is installed goes before it on Python's path.
func (f *Facts) Installed(name string) []Dist {
	var out []Dist
	for _, d := range f.Dists {
		if d.Name == name && slices.Contains(f.Python.siteDirs(), path.Dir(d.Dir)) {
			out = append(out, d)
		}
	}
	return out
}

// Removal returns the paths, absolute and sorted, that taking the
// distributions off the base removes: their files with the byte code made from
// them, their metadata, and each directory of site-packages that nothing
// remains in. A directory stands for all that is in it. Files outside of
// Python's prefix and its site-packages, and the interpreter, stay.
func (f *Facts) Removal(dists []Dist) []string {
	r := removal{f: f, gone: map[string]bool{}, stays: map[string]bool{}}
	for _, root := range f.Python.siteDirs() {
		if at, ok := f.Resolve(root); ok {
			r.roots = append(r.roots, at)
		}
	}
	for _, d := range dists {
		r.take(d)
	}
	r.keep()
	out := map[string]bool{}
	for p := range r.gone {
		out[r.highest(p)] = true
	}
	list := make([]string, 0, len(out))
	for p := range out {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}

type removal struct {
	f     *Facts
	roots []string        // site-packages, where they really lie
	gone  map[string]bool // files that go
	stays map[string]bool // directories that something remains in
}

// take marks a distribution's files.
func (r *removal) take(d Dist) {
	for _, p := range d.Files {
		if r.mayGo(p) {
			r.gone[p] = true
			r.byteCode(p)
		}
	}
	meta, ok := r.f.Resolve(d.Dir)
	if !ok {
		return
	}
	if r.has(meta) {
		r.gone[meta] = true // a .egg-info that is a file
	}
	for dir, names := range r.f.Site {
		if dir != meta && !strings.HasPrefix(dir, meta+"/") {
			continue
		}
		for _, name := range names {
			r.gone[join(dir, name)] = true
		}
	}
}

func (r *removal) mayGo(p string) bool {
	if p == r.f.Python.Executable {
		return false
	}
	return below(p, r.f.Python.Prefix) || below(p, parent(r.f.Python.Scripts)) || r.root(p) != ""
}

func (r *removal) has(p string) bool {
	_, found := slices.BinarySearch(r.f.Site[parent(p)], path.Base(p))
	return found
}

// byteCode marks what Python has compiled of a module (PEP 3147), which
// RECORD need not list.
func (r *removal) byteCode(module string) {
	stem, ok := strings.CutSuffix(module, ".py")
	if !ok {
		return
	}
	for _, p := range []string{stem + ".pyc", stem + ".pyo"} {
		if r.has(p) {
			r.gone[p] = true
		}
	}
	cache := parent(module) + "/__pycache__"
	for _, name := range r.f.Site[cache] {
		if strings.HasPrefix(name, path.Base(stem)+".") && strings.HasSuffix(name, ".pyc") {
			r.gone[cache+"/"+name] = true
		}
	}
}

// keep marks the directories of site-packages that something remains in.
func (r *removal) keep() {
	for dir, names := range r.f.Site {
		if !slices.ContainsFunc(names, func(name string) bool { return !r.gone[join(dir, name)] }) {
			continue
		}
		for ; dir != "/" && !r.stays[dir]; dir = parent(dir) {
			r.stays[dir] = true
		}
	}
}

// highest returns the highest directory around p, inside of site-packages, that
// nothing remains in, or p itself.
func (r *removal) highest(p string) string {
	root := r.root(p)
	if root == "" {
		return p
	}
	for dir := parent(p); dir != root && !r.stays[dir]; dir = parent(dir) {
		p = dir
	}
	return p
}

// root returns the directory of site-packages that p lies in, "" for none.
func (r *removal) root(p string) string {
	for _, root := range r.roots {
		if below(p, root) {
			return root
		}
	}
	return ""
}

func below(p, dir string) bool {
	return dir == "/" || strings.HasPrefix(p, dir+"/")
}
