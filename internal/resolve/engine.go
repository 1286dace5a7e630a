package resolve

import (
	"context"
	"fmt"
)

// engine is the search without anything that is particular to Python: unit
// propagation and conflict-driven learning over incompatibilities.
type engine struct {
	partialSolution
	size              []int // releases of a package, and one for "not installed"
	incompatibilities [][]*incompatibility
	// conflictCount says how often a package was part of a conflict.
	conflictCount []int
	conflicts     int
	limit         int // of conflicts
}

func (e *engine) sizeOf(p pkgID) int { return e.size[p] }

// addPkg makes a package with n releases known.
func (e *engine) addPkg(n int) pkgID {
	e.size = append(e.size, n+1)
	e.incompatibilities = append(e.incompatibilities, nil)
	e.conflictCount = append(e.conflictCount, 0)
	e.partialSolution.addPkg(n + 1)
	return pkgID(len(e.size) - 1)
}

// addFact makes an incompatibility of terms that can't all hold because of f.
func (e *engine) addFact(f *fact, terms ...term) {
	if c, ok := newIncompatibility(terms, e.sizeOf); ok {
		c.fact = f
		e.add(c)
	}
}

func (e *engine) add(c *incompatibility) {
	for _, t := range c.terms {
		e.incompatibilities[t.pkg] = append(e.incompatibilities[t.pkg], c)
	}
	if len(c.terms) == 0 { // holds whatever is installed
		e.incompatibilities[root] = append(e.incompatibilities[root], c)
	}
}

// relation looks at c under the partial solution: it holds, or all of it but the term of
// one package does, or it can't or needn't be looked at yet.
func (e *engine) relation(c *incompatibility) (holds bool, open *term) {
	for i := range c.terms {
		t := &c.terms[i]
		allowed := e.allowed(t.pkg)
		switch {
		case allowed.within(t.in):
		case !allowed.meets(t.in) || open != nil:
			return false, nil
		default:
			open = t
		}
	}
	return open == nil, open
}

// unsolvable is the error of a search that proved that there is no solution:
// the incompatibility always holds.
type unsolvable struct{ proof *incompatibility }

func (u *unsolvable) Error() string { return "there is no solution" }

// propagate derives all that follows from a change of p. It fails with
// *unsolvable on a conflict that no choice avoids.
func (e *engine) propagate(ctx context.Context, p pkgID) error {
	changed := []pkgID{p}
	for len(changed) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := changed[0]
		changed = changed[1:]
		// The newest incompatibilities first: they tell most.
		for i := len(e.incompatibilities[p]) - 1; i >= 0; i-- {
			c := e.incompatibilities[p][i]
			holds, open := e.relation(c)
			if holds {
				c, err := e.learn(c)
				if err != nil {
					return err
				}
				if c.isFailure() {
					return &unsolvable{c}
				}
				if _, open = e.relation(c); open == nil {
					return fmt.Errorf("resolving: a learned incompatibility of %d terms drives nothing", len(c.terms))
				}
				e.derive(open.pkg, e.full[open.pkg].minus(open.in), c)
				changed = []pkgID{open.pkg}
				break
			}
			if open != nil {
				e.derive(open.pkg, e.full[open.pkg].minus(open.in), c)
				changed = append(changed, open.pkg)
			}
		}
	}
	return nil
}

// learn finds out why c came to hold, takes back the decisions up to the one
// that could have avoided it, and returns the incompatibility that would have told.
func (e *engine) learn(c *incompatibility) (*incompatibility, error) {
	e.conflicts++
	if e.conflicts > e.limit {
		return nil, fmt.Errorf("resolving: no answer after %d conflicts", e.limit)
	}
	isNew := false
	for !c.isFailure() {
		last, level := e.lastSatisfier(c)
		in := c.term(last.pkg)
		if level < last.level || last.cause == nil {
			e.backtrack(level)
			if isNew {
				e.add(c)
				for _, t := range c.terms {
					e.conflictCount[t.pkg]++
				}
			}
			return c, nil
		}
		terms := make([]term, 0, len(c.terms)+len(last.cause.terms))
		for _, t := range c.terms {
			if t.pkg != last.pkg {
				terms = append(terms, t)
			}
		}
		for _, t := range last.cause.terms {
			if t.pkg != last.pkg {
				terms = append(terms, t)
			}
		}
		terms = append(terms, term{last.pkg, in.or(e.full[last.pkg].minus(last.in))})
		next, ok := newIncompatibility(terms, e.sizeOf)
		if !ok {
			return nil, fmt.Errorf("resolving: a conflict follows from incompatibilities that exclude each other")
		}
		next.from = [2]*incompatibility{c, last.cause}
		c, isNew = next, true
	}
	return c, nil
}

// lastSatisfier returns the assignment that made c hold, and the level at which
// all but that assignment was there already: 1 or more, as the root is decided
// at 1.
func (e *engine) lastSatisfier(c *incompatibility) (last *assignment, level int) {
	level = 1
	for _, t := range c.terms {
		a := e.satisfier(t.pkg, t.in)
		if a == nil {
			continue
		}
		if last != nil {
			level = max(level, min(a.level, last.level))
		}
		if last == nil || a.index > last.index {
			last = a
		}
	}
	// The assignment alone may not be within the term: then an earlier one of
	// the same package did its part.
	if rest := last.in.minus(c.term(last.pkg)); !rest.empty() {
		if a := e.satisfier(last.pkg, e.full[last.pkg].minus(rest)); a != nil {
			level = max(level, a.level)
		}
	}
	return last, level
}

// anyOpen returns a package that must be installed and has no version yet.
func (e *engine) anyOpen() (pkg pkgID, ok bool) {
	for i, size := range e.size {
		if p := pkgID(i); !e.decided[p] && !e.allowed(p).has(size-1) {
			return p, true
		}
	}
	return 0, false
}
