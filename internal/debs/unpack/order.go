package unpack

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/dependency"
)

// Order returns packages in an order in which they can be unpacked: by name, but
// after those that they pre-depend on, which must be configured before, and so
// after what these depend on (Debian Policy 7.2). A cycle is begun by the name
// that comes first. Relations that can't be read count for nothing here.
func Order(packages []*deb.Package) []*deb.Package {
	o := orderer{byName: map[string][]*deb.Package{}, state: map[*deb.Package]*progress{}}
	sorted := slices.Clone(packages)
	slices.SortFunc(sorted, func(a, b *deb.Package) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range sorted {
		o.byName[p.Name] = append(o.byName[p.Name], p)
		o.state[p] = &progress{}
	}
	for _, p := range sorted {
		for _, name := range related(p, "Provides") {
			o.byName[name] = append(o.byName[name], p)
		}
	}
	for _, p := range sorted {
		o.visit(p, false)
	}
	return o.list
}

// progress is how far a package is on its way into the order; needed says that
// it must be configured, too.
type progress struct{ begun, needed, placed bool }

type orderer struct {
	byName map[string][]*deb.Package
	state  map[*deb.Package]*progress
	list   []*deb.Package
}

// visit places what a package needs, then the package. One that is needed to be
// configured needs all that it depends on.
func (o *orderer) visit(p *deb.Package, configured bool) {
	s := o.state[p]
	if s.needed || s.begun && !configured {
		return
	}
	cycle := s.begun && !s.placed
	s.begun, s.needed = true, configured
	fields := []string{"Pre-Depends"}
	if configured {
		fields = append(fields, "Depends")
	}
	for _, field := range fields {
		for _, name := range related(p, field) {
			for _, q := range o.byName[name] {
				o.visit(q, true)
			}
		}
	}
	if !cycle && !s.placed {
		s.placed = true
		o.list = append(o.list, p)
	}
}

// related are the names in a field, those of alternatives among them.
func related(p *deb.Package, field string) []string {
	groups, err := dependency.Parse(p.Control.Get(field))
	if err != nil {
		return nil
	}
	var names []string
	for _, g := range groups {
		for _, r := range g {
			names = append(names, r.Name)
		}
	}
	return names
}
