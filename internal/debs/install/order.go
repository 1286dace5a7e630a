package install

import (
	"cmp"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/configure"
	"github.com/assemble-image/assemble/internal/debs/dependency"
)

// inOrder returns the packages in the order in which apt unpacks them, nearly
// (apt, orderlist.cc): what is essential or important first, each after what it
// depends on. Files don't depend on it, as Replaces decides who has one, but a
// preinst may want what its package pre-depends on.
func inOrder(list []configure.Package) []configure.Package {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b configure.Package) int {
		return cmp.Or(cmp.Compare(weight(&b), weight(&a)), cmp.Compare(a.Name, b.Name))
	})
	o := ordering{list: list, by: map[string][]int{}, seen: make([]bool, len(list))}
	for i := range list {
		o.by[list[i].Name] = append(o.by[list[i].Name], i)
	}
	for i := range list {
		for _, g := range relations(&list[i], "Provides") {
			for _, r := range g {
				o.by[r.Name] = append(o.by[r.Name], i)
			}
		}
	}
	for i := range list {
		o.visit(i)
	}
	return o.out
}

// weight ranks packages that nothing else orders.
func weight(p *configure.Package) int {
	w := 0
	if p.Control.Get("Essential") == "yes" {
		w += 200
	}
	if p.Control.Get("Pre-Depends") != "" {
		w += 50
	}
	switch p.Control.Get("Priority") {
	case "required":
		w += 3
	case "important":
		w += 2
	case "standard":
		w++
	}
	return w
}

type ordering struct {
	list []configure.Package
	by   map[string][]int // who is, or provides, a name
	seen []bool
	out  []configure.Package
}

// visit adds what a package needs and then the package. A cycle is cut where
// it closes.
func (o *ordering) visit(i int) {
	if o.seen[i] {
		return
	}
	o.seen[i] = true
	for _, field := range []string{"Pre-Depends", "Depends"} {
		for _, g := range relations(&o.list[i], field) {
			for _, r := range g {
				for _, j := range o.by[r.Name] {
					o.visit(j)
				}
			}
		}
	}
	o.out = append(o.out, o.list[i])
}

func relations(p *configure.Package, field string) []dependency.Group {
	list, err := dependency.Parse(strings.Join(strings.Fields(p.Control.Get(field)), " "))
	if err != nil {
		return nil // package configure goes on without it, too
	}
	return list
}
