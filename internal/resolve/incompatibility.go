package resolve

import (
	"slices"
)

// pkgID names a project, or a project with one extra, within one search.
// The root is what the user asks for.
type pkgID int

const root pkgID = 0

// term says that the release of a package is one of a set, where the highest
// number stands for none.
type term struct {
	pkg pkgID
	in  set
}

// incompatibility is a set of terms that can't all hold at once. It is a fact
// or follows from two other incompatibilities.
type incompatibility struct {
	terms []term // one for each package, ascending
	fact  *fact  // nil when it follows from others
	from  [2]*incompatibility
}

// term returns the set that c has for one of its packages.
func (c *incompatibility) term(pkg pkgID) set {
	i := slices.IndexFunc(c.terms, func(t term) bool { return t.pkg == pkg })
	return c.terms[i].in
}

// isFailure reports whether nothing is left to avoid c: it always holds.
func (c *incompatibility) isFailure() bool {
	return len(c.terms) == 0 || len(c.terms) == 1 && c.terms[0].pkg == root
}

// facts returns the facts that c follows from, each once, in a stable order.
func (c *incompatibility) facts() []*fact {
	var list []*fact
	seen := map[*incompatibility]bool{}
	stack := []*incompatibility{c}
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if c == nil || seen[c] {
			continue
		}
		seen[c] = true
		if c.fact != nil {
			list = append(list, c.fact)
			continue
		}
		stack = append(stack, c.from[1], c.from[0])
	}
	return list
}

// newIncompatibility joins the terms of one package; ok is false when the incompatibility can
// never hold and so says nothing. size tells a package's number of releases
// and one for "not installed".
func newIncompatibility(terms []term, size func(pkgID) int) (c *incompatibility, ok bool) {
	c = &incompatibility{}
	slices.SortStableFunc(terms, func(a, b term) int { return int(a.pkg - b.pkg) })
	for _, t := range terms {
		if last := len(c.terms) - 1; last >= 0 && c.terms[last].pkg == t.pkg {
			t.in = t.in.and(c.terms[last].in)
			c.terms = c.terms[:last]
		}
		c.terms = append(c.terms, t)
	}
	for _, t := range c.terms {
		if t.in.empty() {
			return nil, false
		}
	}
	c.terms = slices.DeleteFunc(c.terms, func(t term) bool { return t.in.count() == size(t.pkg) })
	return c, true
}
