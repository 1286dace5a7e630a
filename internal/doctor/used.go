package doctor

import (
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/doctor/image"
	"github.com/assemble-image/assemble/internal/doctor/python"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// use is what is known of which wheels would be imported.
type use struct {
	// unknown says that there is nothing to tell it by.
	unknown bool
	// partly says that some of the app's code can't be read.
	partly bool
	// owners are those that would be imported, or what they require.
	owners map[int]bool
	// lightly are those that the app imports only in tests, or where it goes on
	// without them.
	lightly map[int]bool
	// dirs have the only wheel with files below a directory.
	dirs map[string]int
}

// findUse learns which wheels would be imported: by the app's code, at its start
// or later, by the command, or by the smoke test; and what these require.
func (x *examination) findUse() {
	x.use = use{owners: map[int]bool{}, lightly: map[int]bool{}}
	readable := x.codeOfApp()
	x.use.unknown = !readable && (x.use.partly || !x.hasCode && !x.want.Command)
	direct := map[int]bool{}
	x.usedBySources(direct)
	x.usedByCommand(direct)
	for _, m := range x.want.Imports {
		x.loadAll(x.sysPath, m, x.ownersInto(direct))
	}
	x.use.owners = x.closure(direct)
}

// codeOfApp looks for the app's code, and reports whether there is some whose
// imports can be read.
func (x *examination) codeOfApp() (readable bool) {
	x.img.Tree.Each(func(n *image.Node) {
		if x.img.Owners[n.Owner].Kind != OwnerApp || !n.Mode.IsRegular() {
			return
		}
		compiled := strings.HasSuffix(n.Path, ".pyc") && path.Base(path.Dir(n.Path)) != "__pycache__" ||
			n.Note != nil && (isModule(n.Path) || strings.Contains(n.Note.Shebang, "python"))
		switch {
		case strings.HasSuffix(n.Path, ".py"):
			readable = true
		case compiled:
			x.use.partly = true
		case n.Note == nil:
			return
		}
		x.hasCode = true
	})
	return readable
}

// ownersInto returns what adds the owner of a module that is found to a set.
func (x *examination) ownersInto(set map[int]bool) func(*python.Found) {
	return func(f *python.Found) {
		switch {
		case f == nil:
		case f.File != "":
			if n := x.img.Tree.Lookup(f.File); n != nil && x.img.Owners[n.Owner].Kind == OwnerWheel {
				set[n.Owner] = true
			}
		default:
			for _, dir := range f.Dirs {
				if owner := x.onlyOwner(x.img.Tree.Resolve(dir)); owner > 0 {
					set[owner] = true
				}
			}
		}
	}
}

// onlyOwner is the wheel that brings all of a directory without __init__.py, 0
// where several do, each a part of a namespace (PEP 420).
func (x *examination) onlyOwner(dir string) int {
	if x.use.dirs == nil {
		x.use.dirs = map[string]int{}
		x.img.Tree.Each(func(n *image.Node) {
			if n.Mode.IsDir() || x.img.Owners[n.Owner].Kind != OwnerWheel {
				return
			}
			for d := path.Dir(n.Path); d != "/"; d = path.Dir(d) {
				if had, ok := x.use.dirs[d]; ok && had != n.Owner {
					x.use.dirs[d] = 0
				} else {
					x.use.dirs[d] = n.Owner
				}
			}
		})
	}
	return x.use.dirs[dir]
}

// usedBySources adds what the app's code imports.
func (x *examination) usedBySources(direct map[int]bool) {
	started := x.started()
	for _, s := range x.img.Sources {
		p := x.pathOf(s)
		for _, i := range s.Imports {
			if i.Level > 0 {
				continue // its own
			}
			set := direct
			if i.When == python.Guarded || isTestSource(s.Path) && !started[s.Path] || x.inPlaceOfOther(s, i) {
				set = x.use.lightly
			}
			x.usedByImport(p, i, set)
		}
	}
}

// usedByImport adds who brings what an import loads: the module, the packages that
// it lies in, and the modules that are taken out of it.
func (x *examination) usedByImport(p *python.Path, i python.Import, set map[int]bool) {
	add := x.ownersInto(set)
	x.loadAll(p, i.Module, add)
	if f, _ := p.Find(i.Module); f == nil || f.Dirs == nil {
		return
	}
	for _, name := range i.Names {
		f, _ := p.Find(i.Module + "." + name)
		add(f)
	}
}

// inPlaceOfOther reports whether an import stands in for others that are there.
func (x *examination) inPlaceOfOther(s Source, i python.Import) bool {
	return len(i.Instead) > 0 && !slices.ContainsFunc(i.Instead, func(m string) bool { return x.resolve(s, m) == nil })
}

// isTestSource reports whether a file of the app isn't for the image to run.
func isTestSource(p string) bool {
	base := path.Base(p)
	return isTest(p) || strings.HasPrefix(base, "test_") || base == "conftest.py" || base == "setup.py"
}

// usedByCommand adds who brings the programs, modules and scripts that the image
// starts, and what the text of python -c imports.
func (x *examination) usedByCommand(direct map[int]bool) {
	add := x.ownersInto(direct)
	for _, name := range x.begin.Programs {
		if n := x.find(name); name != "" && n != nil {
			add(&python.Found{File: n.Path})
		}
	}
	for _, m := range x.begin.Modules {
		x.loadAll(x.sysPath, m.Name, add)
		if m.Run {
			x.loadAll(x.sysPath, m.Name+".__main__", add)
		}
	}
	for _, s := range x.begin.Scripts {
		add(&python.Found{File: x.img.Tree.Resolve(x.under(s))})
	}
	for _, i := range python.Scan([]byte(x.begin.Code), x.minor) {
		if i.Level == 0 && i.When != python.Guarded {
			x.usedByImport(x.sysPath, i, direct)
		}
	}
}

// closure are owners with what they require, directly or through others, under the
// target's markers and with the extras that are asked for.
func (x *examination) closure(direct map[int]bool) map[int]bool {
	byName := map[string]int{}
	extras := map[int][]string{}
	for i, o := range x.img.Owners {
		if o.Kind == OwnerWheel {
			byName[o.Name] = i
			extras[i] = slices.Clone(o.Extras)
		}
	}
	// Extras that are asked for may ask for others.
	for changed := true; changed; {
		changed = false
		for i := range extras {
			x.eachRequired(i, byName, extras[i], func(to int, asked []string) {
				for _, e := range asked {
					if !slices.Contains(extras[to], e) {
						extras[to] = append(extras[to], e)
						changed = true
					}
				}
			})
		}
	}
	all := map[int]bool{}
	var visit func(i int)
	visit = func(i int) {
		if all[i] {
			return
		}
		all[i] = true
		x.eachRequired(i, byName, extras[i], func(to int, _ []string) { visit(to) })
	}
	for i := range direct {
		visit(i)
	}
	return all
}

// eachRequired calls f with each wheel of the image that one requires. A marker
// that can't be told holds.
func (x *examination) eachRequired(owner int, byName map[string]int, extras []string, f func(to int, asked []string)) {
	for _, r := range x.img.Owners[owner].Dists {
		holds, err := r.Marker.Eval(x.img.Target.Markers, append([]string{""}, extras...)...)
		if to, ok := byName[pep508.NormalizeName(r.Name)]; ok && (holds || err != nil) {
			f(to, r.Extras)
		}
	}
}

// unlessUsed lowers an error about wheels that would not be imported to a warning.
// It returns what the text is to say of that, "" for nothing.
func (x *examination) unlessUsed(severity Severity, owners []int) (Severity, string) {
	if severity != Error || x.use.unknown {
		return severity, ""
	}
	var who []string
	lightly := false
	for _, i := range owners {
		if x.img.Owners[i].Kind != OwnerWheel || x.use.owners[i] {
			return severity, ""
		}
		lightly = lightly || x.use.lightly[i]
		who = append(who, x.img.Owners[i].Name)
	}
	switch what := report.List(who); {
	case lightly:
		return Warning, "; the app imports " + what + " only in tests, or where it goes on without it"
	case x.use.partly:
		return Warning, "; nothing in the app that can be read imports " + what
	default:
		return Warning, "; nothing in the app imports " + what
	}
}
