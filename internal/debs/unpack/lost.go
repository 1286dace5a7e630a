package unpack

import (
	"fmt"
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
	for i, p := range s.packages {
		for _, path := range s.listed(p) {
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

// listed are the paths of the package's files, sorted and in the base's
// spelling.
func (s *Set) listed(p *deb.Package) []string {
	paths := map[string]bool{}
	for name := range p.Md5sums {
		paths[s.opt.rewrite(name)] = true
	}
	for _, c := range p.Conffiles {
		if !c.RemoveOnUpgrade {
			paths[s.opt.rewrite(c.Path[1:])] = true
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

// winner says which of two packages has a path in the end, as dpkg decides it
// when it unpacks the second: the one that replaces the other; or the first, if
// both are for several architectures at once and have the same content, which
// dpkg counts for both.
func (s *Set) winner(path string, first, second int) (int, error) {
	a, b := s.packages[first], s.packages[second]
	switch {
	case s.doesReplace(second, a):
		return second, nil
	case s.doesReplace(first, b):
		return first, nil
	case a.Name == b.Name && s.sum(a, path) == s.sum(b, path) && s.sum(a, path) != (deb.Sum{}):
		return first, nil
	}
	return 0, &OverwriteError{Path: path, First: a.Name + " " + a.Version, Second: b.Name + " " + b.Version}
}

func (s *Set) sum(p *deb.Package, path string) deb.Sum {
	for name, sum := range p.Md5sums {
		if s.opt.rewrite(name) == path {
			return sum
		}
	}
	return deb.Sum{}
}

// doesReplace reports whether the package names the other one among those whose
// files it replaces (Debian Policy 7.6.1).
func (s *Set) doesReplace(i int, other *deb.Package) bool {
	for _, group := range s.replaces[i] {
		for _, r := range group {
			if r.Name == other.Name && r.Matches(other.Version) {
				return true
			}
		}
	}
	return false
}
