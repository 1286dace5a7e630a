package solve

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/internal/debs/packages"
)

const (
	// maxDepth bounds how many packages ask for each other in a chain.
	maxDepth = 100_000
	// maxSteps bounds the work, in packages and relations that are looked at; large
	// sets take less than a million.
	maxSteps = 100_000_000
)

// Source is an archive's packages with the weight that they have.
type Source struct {
	Index *packages.Index
	// Priority is its pin (apt_preferences(5)): 500 where nothing else is said.
	Priority int
	// Name says in messages which one it is.
	Name string
}

// DefaultPriority is the weight of a source that nothing else is said of.
const DefaultPriority = 500

// Options are how to choose; the zero value is apt-get's
// --no-install-recommends.
type Options struct {
	// Recommends says that recommended packages are wanted, too.
	Recommends bool
	// Keep are versions by package that are candidates where they are on offer,
	// rather than the highest; those older than what is installed aren't.
	Keep map[string]string
}

// Request is a package that was asked for.
type Request struct {
	// Name is that of a package, or of something that one package provides.
	Name string
	// Version is the one asked for, or its beginning with an asterisk after it
	// ("15.*"); empty for the candidate.
	Version string
}

func (r Request) String() string {
	if r.Version == "" {
		return r.Name
	}
	return r.Name + "=" + r.Version
}

// Kind says what made a package be chosen.
type Kind string

// The kinds of reasons.
const (
	Requested  Kind = "requested"
	Relation   Kind = "relation"
	SameSource Kind = "same source"
	Mended     Kind = "mended"
)

// Why says what made a package be chosen.
type Why struct {
	Kind Kind
	// By is the package that asked for it, Field the field in which it did, and
	// Relation what stands there. With SameSource, By is a package of the same
	// source, and Relation that source; with Requested, Relation is the request.
	By, Field, Relation string
}

// String says it in a few words: "libgl1 Depends: libglx0".
func (w Why) String() string {
	switch w.Kind {
	case Requested:
		return "requested as " + w.Relation
	case SameSource:
		return "upgraded with " + w.By + ", of the same source " + w.Relation
	case Relation:
		return w.By + " " + w.Field + ": " + w.Relation
	case Mended:
	}
	return "upgraded so that all fits together"
}

func because(d *need) Why {
	return Why{Kind: Relation, By: d.owner.node.name, Field: d.kind.String(), Relation: d.String()}
}

// Choice is a package that is to be installed.
type Choice struct {
	packages.Package
	// Source is the number of the source that offers it.
	Source int
	// Old is the version that it replaces; empty where it is new.
	Old string
	Why Why
}

// Solution is what is to be done.
type Solution struct {
	// Install has the new and the upgraded packages, by name.
	Install []Choice
}

// Solve chooses what has to be installed for the requests, on top of the
// packages that are installed, for an architecture. Its errors are a
// [*NotFoundError], a [*RemovalError], a [*HeldError] and a [*ConflictError].
func Solve(sources []Source, installed []packages.Package, arch string, requests []Request, opt Options) (*Solution, error) {
	s := &solver{universe: newUniverse(sources, installed, arch, opt.Keep), opt: opt}
	for _, p := range installed {
		n := s.find(p.Name)
		s.touch(n)
		s.base = append(s.base, n)
	}
	if s.brokenCount() > 0 {
		return nil, s.brokenBase()
	}
	wanted, err := s.resolveRequests(requests)
	if err != nil {
		return nil, err
	}
	s.markRequests(wanted)
	s.sweep()
	s.mend()
	s.dropGarbage()
	if s.exhausted() {
		return nil, fmt.Errorf("choosing packages: given up after looking at %d packages and relations", maxSteps)
	}
	if s.brokenCount() > 0 {
		return nil, s.conflict(wanted)
	}
	if err := s.removed(); err != nil {
		return nil, err
	}
	if err := s.held(); err != nil {
		return nil, err
	}
	return s.solution()
}

// markRequests marks what was asked for, without what it needs first, so that
// each need sees all that was asked for; then with what it needs.
func (s *solver) markRequests(wanted []want) {
	var all []*node
	for _, w := range wanted {
		n := w.release.node
		s.touch(n)
		s.setCandidate(w.release)
		s.protect(n)
		s.markInstall(n, false, 0, true, Why{Kind: Requested, Relation: w.request.String()})
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	for _, n := range all {
		s.markInstall(n, true, 0, true, n.why)
	}
}

func (s *solver) solution() (*Solution, error) {
	out := &Solution{}
	for _, n := range s.touched {
		if n.mode != install || n.install == n.current {
			continue
		}
		c := Choice{Package: n.install.Package, Source: n.install.source, Why: n.why}
		if n.current != nil {
			c.Old = n.current.Version
		}
		if err := s.readable(n.install); err != nil {
			return nil, err
		}
		out.Install = append(out.Install, c)
	}
	slices.SortFunc(out.Install, func(a, b Choice) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}
