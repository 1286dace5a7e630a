package solve

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/dependency"
)

// ConflictError says why what was asked for can't be installed.
type ConflictError struct {
	// Requests are those that can't be had.
	Requests []Request
	// Lines are the reasons, each a sentence: what needs what, down to what is
	// missing or in the way.
	Lines []string
}

func (e *ConflictError) Error() string {
	names := make([]string, len(e.Requests))
	for i, r := range e.Requests {
		names[i] = fmt.Sprintf("%q", r.String())
	}
	what := "package"
	if len(names) > 1 {
		what = "packages"
	}
	return fmt.Sprintf("the %s %s can't be installed:\n  %s", what, strings.Join(names, ", "), strings.Join(e.Lines, "\n  "))
}

// RemovalError says that packages of the base would have to be removed.
type RemovalError struct {
	// Packages are those of the base that are in the way, with their versions.
	Packages []string
	// Lines say for each what it is in the way of, and how that came in.
	Lines []string
}

func (e *RemovalError) Error() string {
	return fmt.Sprintf("%s would have to be removed from the base, which isn't done:\n  %s", strings.Join(e.Packages, ", "), strings.Join(e.Lines, "\n  "))
}

// BrokenBaseError says that the base's own packages don't fit together.
type BrokenBaseError struct{ Lines []string }

func (e *BrokenBaseError) Error() string {
	return "the base's own packages don't fit together:\n  " + strings.Join(e.Lines, "\n  ")
}

// HeldError says that packages of the base would have to change that dpkg was
// told to hold.
type HeldError struct {
	// Packages are those, with the versions that the base has.
	Packages []string
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s: dpkg holds it in the base, so it isn't changed", strings.Join(e.Packages, ", "))
}

// held returns an error if a package on hold would change.
func (s *solver) held() error {
	e := &HeldError{}
	for _, n := range s.base {
		if n.hold && n.install != n.current {
			e.Packages = append(e.Packages, fmt.Sprintf("%q", n.current.String()))
		}
	}
	if len(e.Packages) == 0 {
		return nil
	}
	return e
}

// maxLines bounds an explanation.
const maxLines = 20

func (s *solver) brokenBase() error {
	x := explainer{solver: s, seen: map[*node]bool{}}
	for _, n := range s.base {
		if s.broken(n.install, after) {
			x.release(n.install)
		}
	}
	return &BrokenBaseError{Lines: x.lines}
}

// removed returns an error if a package of the base would go.
func (s *solver) removed() error {
	e := &RemovalError{}
	for _, n := range s.base {
		if n.install != nil {
			continue
		}
		e.Packages = append(e.Packages, fmt.Sprintf("%q", n.current.String()))
		e.Lines = append(e.Lines, s.chain(n, n.why))
	}
	if len(e.Packages) == 0 {
		return nil
	}
	return e
}

// chain tells how something came about, from the reason back to what was asked
// for.
func (s *solver) chain(n *node, why Why) string {
	parts := []string{}
	if why.Kind == Relation {
		parts = append(parts, fmt.Sprintf("%s %s: %s", s.label(why.By), why.Field, why.Relation))
	} else {
		parts = append(parts, fmt.Sprintf("%s: %s", n.name, why))
	}
	seen := map[string]bool{n.name: true}
	for by := why.By; by != "" && !seen[by]; {
		seen[by] = true
		next := s.find(by).why
		switch next.Kind {
		case Requested:
			parts = append(parts, by+" was requested")
		case Relation:
			parts = append(parts, fmt.Sprintf("%s %s: %s", s.label(next.By), next.Field, next.Relation))
		case SameSource, Mended:
			parts = append(parts, by+" is "+next.String())
		}
		by = next.By
	}
	return strings.Join(parts, "; ")
}

// label names a package with the version that is meant.
func (s *solver) label(name string) string {
	n := s.find(name)
	for _, r := range []*release{n.install, n.candidate, n.current} {
		if r != nil {
			return r.String()
		}
	}
	return name
}

// conflict explains what is broken.
func (s *solver) conflict(wanted []want) error {
	x := explainer{solver: s, seen: map[*node]bool{}}
	e := &ConflictError{}
	for _, w := range wanted {
		n := w.release.node
		if n.install != w.release || s.broken(w.release, after) {
			e.Requests = append(e.Requests, w.request)
			x.release(w.release)
		}
	}
	for _, n := range s.touched {
		if n.install != nil && s.broken(n.install, after) {
			x.release(n.install)
		}
	}
	if len(e.Requests) == 0 {
		for _, w := range wanted {
			e.Requests = append(e.Requests, w.request)
		}
	}
	e.Lines = x.lines
	return e
}

// explainer writes why releases are broken, each once.
type explainer struct {
	*solver
	seen  map[*node]bool
	lines []string
}

func (x *explainer) release(r *release) {
	if x.seen[r.node] || len(x.lines) >= maxLines {
		return
	}
	x.seen[r.node] = true
	for _, d := range x.needs(r) {
		if d.kind.critical() && !x.met(d, after) && len(x.lines) < maxLines {
			x.need(r, d)
		}
	}
}

// need says what is wrong with one need, and goes on to those packages that
// would meet it and can't be installed either.
func (x *explainer) need(r *release, d *need) {
	reasons := make([]string, 0, len(d.any))
	var next []*release
	for _, a := range d.any {
		why, more := x.alternative(d, a)
		reasons = append(reasons, why)
		next = append(next, more...)
	}
	line := fmt.Sprintf("%s %s: %s, but %s", r.String(), d.kind, d, strings.Join(reasons, ", and "))
	if why := r.node.why; why.Kind == Relation || why.Kind == SameSource {
		line += "; " + x.chain(r.node, why)
	}
	x.lines = append(x.lines, line)
	for _, more := range next {
		x.release(more)
	}
}

func (x *explainer) alternative(d *need, a alternative) (string, []*release) {
	if d.kind.negative() {
		var there []string
		x.targets(d, a, after, func(r *release) bool {
			if r == r.node.current {
				there = append(there, r.String()+" is part of the base")
			} else {
				there = append(there, fmt.Sprintf("%s is to be installed (%s)", r.String(), x.chain(r.node, r.node.why)))
			}
			return true
		})
		return strings.Join(there, " and "), nil
	}
	fitting := x.everyTarget(d, a)
	t := a.target
	switch {
	case len(fitting) == 0 && len(t.versions) == 0 && len(x.providers(t)) == 0:
		return fmt.Sprintf("no source has %s", t.name), nil
	case len(fitting) == 0:
		return fmt.Sprintf("there is only %s", strings.Join(x.offers(t), ", ")), nil
	}
	var reasons []string
	var next []*release
	for _, r := range fitting {
		reasons = append(reasons, x.unfit(r))
		if !x.seen[r.node] {
			next = append(next, r)
		}
	}
	slices.Sort(reasons)
	return strings.Join(slices.Compact(reasons), ", "), next
}

// unfit says why a release that would do is not there.
func (x *explainer) unfit(r *release) string {
	n := r.node
	if best := n.choose(x.keep[n.name]); best != nil && best != r && n.current != r {
		return fmt.Sprintf("%s is not the candidate (%s is)", r.String(), best.Version)
	}
	if n.install != nil && n.install != r {
		return fmt.Sprintf("%s is to be there, not %s", n.install.String(), r.Version)
	}
	if enemy := x.enemy(r); enemy != "" {
		return fmt.Sprintf("%s can't be installed: %s", r.String(), enemy)
	}
	return r.String() + " can't be installed"
}

// enemy says what keeps a release away.
func (x *explainer) enemy(r *release) string {
	for _, n := range x.touched {
		if n.install == nil || n == r.node {
			continue
		}
		for _, d := range x.needs(n.install) {
			if !d.kind.negative() {
				continue
			}
			for _, hit := range x.everyTarget(d, d.any[0]) {
				if hit == r {
					return fmt.Sprintf("%s %s: %s (%s)", n.install.String(), d.kind, d, x.chain(n, n.why))
				}
			}
		}
	}
	return ""
}

// offers lists the versions of a package, or of a name that packages provide.
func (x *explainer) offers(n *node) []string {
	out := make([]string, 0, len(n.versions))
	for _, r := range n.versions {
		out = append(out, r.String())
	}
	for _, p := range x.providers(n) {
		what := p.by.String() + ", which provides it without a version"
		if p.version != "" {
			what = fmt.Sprintf("%s, which provides %s", p.by.String(), p.version)
		}
		out = append(out, what)
	}
	return out
}

// readable holds the relations of a chosen release against their syntax: what
// can't be read was taken for nothing.
func (s *solver) readable(r *release) error {
	var errs []error
	for k, field := range []string{r.PreDepends, r.Depends, r.Conflicts, r.Breaks, r.Recommends} {
		if _, err := dependency.Parse(field); err != nil {
			errs = append(errs, fmt.Errorf("package %q: %s: %w", r.String(), kind(k), err))
		}
	}
	if _, err := dependency.Parse(r.Provides); err != nil {
		errs = append(errs, fmt.Errorf("package %q: Provides: %w", r.String(), err))
	}
	return errors.Join(errs...)
}
