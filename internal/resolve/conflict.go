package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ConflictError says why there is no solution.
type ConflictError struct {
	// Reasons are facts that can't all be met, each in one line, from the
	// user's requirements on. None can be left out, unless there were very
	// many.
	Reasons []string
	// Missing are the projects, by normalized name, of which there is nothing
	// that somebody who is named in Reasons could take. With these as
	// [Options.Ignore], the search goes on to what else is wrong.
	Missing []string
	// Denied says that something would do that [Options.Deny] forbids.
	Denied bool
	// SourceOnly says that something would do that there is only source of.
	SourceOnly bool

	at source // the first requirement of the user that Reasons name
}

const (
	maxReasons = 24
	maxChain   = 6 // reasons that are read well in one line
)

// Error returns the reasons below each other, the first few where there are
// many; the few steps that lead to what is denied, in one line.
func (e *ConflictError) Error() string {
	lines := e.Reasons
	if e.Denied && len(lines) <= maxChain {
		return "no versions do without what is denied: " + strings.Join(lines, ", ")
	}
	if len(lines) > maxReasons {
		lines = append(slices.Clone(lines[:maxReasons]), fmt.Sprintf("… and %d more", len(e.Reasons)-maxReasons))
	}
	return "no versions fit together:\n  " + strings.Join(lines, "\n  ")
}

// claim is one or several facts of one kind, as a message has them: the
// releases joined, and what they allow as well.
type claim struct {
	fact
	reqs    []demand // what is wanted, each once
	details []string // what is against the releases, each once
}

// demand is a requirement in words, with what it allows.
type demand struct {
	text    string
	allowed set
}

// explain turns the facts of a proof into an error: it joins facts about
// neighbouring releases and leaves out what the conflict doesn't need.
func (s *solver) explain(ctx context.Context, facts []*fact) error {
	claims, rest := s.join(facts)
	x := &explainer{s: s, rest: rest, checks: maxChecks}
	claims = x.weaken(ctx, claims)
	claims = x.reduce(ctx, claims)
	if err := ctx.Err(); err != nil {
		return err
	}
	missing := s.missingProjects(claims) // before the claims are cut down to what is told
	denied := slices.ContainsFunc(claims, s.wantsDenied)
	source := slices.ContainsFunc(claims, func(c *claim) bool { return c.kind == excludes && c.rejection == onlySource })
	return &ConflictError{Reasons: s.report(claims), Missing: missing, Denied: denied, SourceOnly: source, at: firstRequirement(claims)}
}

// join makes claims of the facts that belong together. Ties between extras and
// their projects are returned as they are, as nobody wants to read them.
func (s *solver) join(facts []*fact) (claims []*claim, rest []*fact) {
	groups := map[string]*claim{}
	for _, f := range facts {
		if f.kind == ties {
			rest = append(rest, f)
			continue
		}
		key := fmt.Sprint(f.kind, f.pkg, f.on, f.rejection, f.where, f.allowed)
		c := groups[key]
		if c == nil {
			c = &claim{fact: *f}
			groups[key] = c
			claims = append(claims, c)
		} else if f.releases != nil {
			c.releases = c.releases.or(f.releases)
		}
		c.note(f)
	}
	slices.SortStableFunc(claims, func(a, b *claim) int {
		return cmp.Or(cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.on, b.on), cmp.Compare(a.kind, b.kind))
	})
	return claims, rest
}

// note adds what f says in words.
func (c *claim) note(f *fact) {
	if f.kind == excludes {
		c.details = addOnce(c.details, f.detail)
		return
	}
	text := withoutMarker(f.req)
	if f.overridden {
		text += " (override)"
	}
	c.demand(demand{text, f.allowed})
}

func (c *claim) demand(d demand) {
	if !slices.ContainsFunc(c.reqs, func(o demand) bool { return o.text == d.text }) {
		c.reqs = append(c.reqs, d)
	}
}

// wanted says what c wants: the requirement that allows all that any does, or
// else several of them.
func (c *claim) wanted() string {
	texts := make([]string, 0, len(c.reqs))
	for _, d := range c.reqs {
		if c.allowed.within(d.allowed) {
			return d.text
		}
		texts = append(texts, d.text)
	}
	const most = 3
	if len(texts) > most+1 {
		return fmt.Sprintf("%s or %d others", strings.Join(texts[:most], " or "), len(texts)-most)
	}
	return strings.Join(texts, " or ")
}

func addOnce(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// maxChecks bounds how often the search is run again to find out what a
// conflict needs.
const maxChecks = 400

// explainer finds out which claims a conflict needs.
type explainer struct {
	s      *solver
	rest   []*fact
	checks int
}

// contradict reports whether the claims are enough for a conflict. It doesn't
// when that would take too long.
func (x *explainer) contradict(ctx context.Context, claims []*claim) bool {
	if x.checks--; x.checks < 0 {
		return false
	}
	e := &engine{limit: 1000}
	for _, size := range x.s.size {
		e.addPkg(size - 1)
	}
	for _, f := range x.rest {
		e.learnFact(f)
	}
	for _, c := range claims {
		e.learnFact(&c.fact)
	}
	e.decide(root, oneSet(2, 0))
	changed := root
	for {
		var u *unsolvable
		if err := e.propagate(ctx, changed); err != nil {
			return errors.As(err, &u)
		}
		var open bool
		if changed, open = e.anyOpen(); !open {
			return false
		}
		e.decide(changed, oneSet(e.size[changed], e.allowed(changed).highest(e.size[changed]-1)))
	}
}

// weaken joins what releases of a project say of another project, even where
// they don't say the same, as long as the conflict stays.
func (x *explainer) weaken(ctx context.Context, claims []*claim) []*claim {
	for i := 0; i < len(claims); i++ {
		var rest, same []*claim
		for j, c := range claims {
			if j >= i && c.kind == wants && c.pkg != root && c.pkg == claims[i].pkg && c.on == claims[i].on {
				same = append(same, c)
			} else {
				rest = append(rest, c)
			}
		}
		if len(same) < 2 {
			continue
		}
		all := &claim{fact: same[0].fact}
		for _, c := range same {
			all.releases = all.releases.or(c.releases)
			all.allowed = all.allowed.or(c.allowed)
			for _, d := range c.reqs {
				all.demand(d)
			}
		}
		if joined := slices.Insert(rest, i, all); x.contradict(ctx, joined) {
			claims = joined
		}
	}
	return claims
}

// reduce leaves out what the conflict doesn't need: first the claims about the
// packages that are farthest from the user.
func (x *explainer) reduce(ctx context.Context, claims []*claim) []*claim {
	for i := len(claims) - 1; i >= 0; i-- {
		fewer := slices.Delete(slices.Clone(claims), i, i+1)
		if x.contradict(ctx, fewer) {
			claims = fewer
		}
	}
	return claims
}
