package configure

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/dependency"
)

// groups returns the groups of a field that names dependencies, each as it is
// written.
func groups(field string) []string {
	list, err := dependency.Parse(strings.Join(strings.Fields(field), " "))
	if err != nil {
		return nil
	}
	out := make([]string, 0, len(list))
	for _, g := range list {
		out = append(out, g.String())
	}
	return out
}

// bins is the size of dpkg's table of packages, by which it goes through them
// when it configures all that are pending (dpkg, lib/dpkg/pkg-hash.c).
const bins = 65521

func bin(name string) uint32 {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return h % bins
}

// configureAll configures what is unpacked.
func (s *session) configureAll() error {
	return s.configureThese(slices.DeleteFunc(slices.Clone(s.order), func(st *state) bool { return st.configured }))
}

// configureBefore configures what a package needs before it is unpacked
// (Debian Policy 7.2, Pre-Depends), with all that that depends on.
func (s *session) configureBefore(p *Package) error {
	s.provides = nil // since more may be unpacked
	var queue []*state
	var need func(deps []string)
	need = func(deps []string) {
		for _, text := range deps {
			g, err := dependency.Parse(text)
			if err != nil || len(g) != 1 {
				continue
			}
			for _, r := range g[0] {
				for _, st := range s.providers(r.Name) {
					if st.pkg != nil && !st.configured && !slices.Contains(queue, st) {
						queue = append(queue, st)
						need(st.depends)
					}
				}
			}
		}
	}
	need(groups(p.Control.Get("Pre-Depends")))
	return s.configureThese(queue)
}

// configureThese configures packages in dpkg's order: as its table has them,
// but one whose dependencies aren't configured goes back to the end of the
// queue; where nothing else is left, a cycle is broken.
func (s *session) configureThese(queue []*state) error {
	slices.SortStableFunc(queue, func(a, b *state) int { return int(bin(a.name)) - int(bin(b.name)) })
	waited := 0
	for len(queue) > 0 {
		st := queue[0]
		queue = queue[1:]
		if waited <= len(queue) && !s.ready(st) {
			queue = append(queue, st)
			waited++
			continue
		}
		waited = 0
		if err := s.configureOne(st); err != nil {
			return err
		}
	}
	return nil
}

// ready reports whether all that a package depends on is configured. What
// isn't here at all isn't waited for.
func (s *session) ready(st *state) bool {
	for _, text := range st.depends {
		g, err := dependency.Parse(text)
		if err != nil || len(g) != 1 {
			continue
		}
		waits := false
		done := slices.ContainsFunc(g[0], func(r dependency.Relation) bool {
			for _, p := range s.providers(r.Name) {
				if p.configured || p == st {
					return true
				}
				waits = true
			}
			return false
		})
		if waits && !done {
			return false
		}
	}
	return true
}

// providers returns the packages that are, or provide, a name.
func (s *session) providers(name string) []*state {
	var out []*state
	if st := s.states[name]; st != nil {
		out = append(out, st)
	}
	return append(out, s.provided()[name]...)
}

// provided returns which packages provide a name.
func (s *session) provided() map[string][]*state {
	if s.provides != nil {
		return s.provides
	}
	s.provides = map[string][]*state{}
	for _, st := range s.sorted() {
		for _, text := range groups(st.provides) {
			if r, err := dependency.ParseRelation(text); err == nil {
				s.provides[r.Name] = append(s.provides[r.Name], st)
			}
		}
	}
	return s.provides
}
