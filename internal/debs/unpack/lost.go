package unpack

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/assemble-image/assemble/internal/debs/deb"
)

// OverwriteError says that two packages have the same path, and neither may
// replace it.
type OverwriteError struct {
	Path   string
	First  string // "libdemo 1.0"
	Second string
}

func (e *OverwriteError) Error() string {
	return fmt.Sprintf("packages %s and %s both have %q, and neither replaces the other's files", e.First, e.Second, "/"+e.Path)
}

// findLost finds the paths that more than one package has, as far as their sums
// and conffiles tell; links they don't.
func (s *Set) findLost() error {
	owner := map[string]int{}
	for i := range s.packages {
		for _, path := range s.listed(i) {
			first, taken := owner[path]
			if !taken {
				owner[path] = i
				continue
			}
			winner, err := s.winner(path, first, i)
			if err != nil {
				return err
			}
			s.lost[first+i-winner][path] = true
			owner[path] = winner
		}
	}
	return nil
}

// listed are where the files of package i end up that its sums and conffiles
// name, sorted.
func (s *Set) listed(i int) []string {
	paths := map[string]bool{}
	for name := range named(s.packages[i]) {
		paths[s.layouts[i].rewrite(name)] = true
	}
	return slices.Sorted(maps.Keys(paths))
}

// named are the paths that a package's sums and conffiles name.
func named(p *deb.Package) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range p.Md5sums {
			if !yield(name) {
				return
			}
		}
		for _, c := range p.Conffiles {
			if !c.RemoveOnUpgrade && !yield(c.Path[1:]) {
				return
			}
		}
	}
}

// winner says which of two packages has a path in the end, as dpkg decides it
// when it unpacks the second: the one that replaces the other; or the first, if
// both are for several architectures at once and have the same content, which
// dpkg counts for both.
func (s *Set) winner(path string, first, second int) (int, error) {
	a, b := s.packages[first], s.packages[second]
	switch {
	case s.doesReplace(second, a.Name, a.Version):
		return second, nil
	case s.doesReplace(first, b.Name, b.Version):
		return first, nil
	case a.Name == b.Name && s.sum(first, path) == s.sum(second, path) && s.sum(first, path) != (deb.Sum{}):
		return first, nil
	}
	return 0, &OverwriteError{Path: path, First: a.Name + " " + a.Version, Second: b.Name + " " + b.Version}
}

func (s *Set) sum(i int, path string) deb.Sum {
	for name, sum := range s.packages[i].Md5sums {
		if s.layouts[i].rewrite(name) == path {
			return sum
		}
	}
	return deb.Sum{}
}

// doesReplace reports whether the package names the other one among those whose
// files it replaces (Debian Policy 7.6.1).
func (s *Set) doesReplace(i int, name, version string) bool {
	for _, group := range s.replaces[i] {
		for _, r := range group {
			if r.Name == name && r.Matches(version) {
				return true
			}
		}
	}
	return false
}
