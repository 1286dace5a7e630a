package resolve

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// chance makes small universes: few projects and versions, so that every
// combination can be tried, with much that is at odds.
type chance struct {
	rng      *rand.Rand
	projects int
}

func (c *chance) requirement(self string) string {
	name := fmt.Sprintf("p%d", c.rng.IntN(c.projects))
	if name == self && c.rng.IntN(4) > 0 {
		name = fmt.Sprintf("p%d", c.rng.IntN(c.projects))
	}
	if c.rng.IntN(20) == 0 {
		name = "gone"
	}
	text := name
	if c.rng.IntN(4) == 0 {
		text += "[" + string("xy"[c.rng.IntN(2)]) + "]"
	}
	switch n := 1 + c.rng.IntN(4); c.rng.IntN(7) {
	case 0, 1:
		text += fmt.Sprintf(">=%d", n)
	case 2, 3:
		text += fmt.Sprintf("<=%d", n)
	case 4:
		text += fmt.Sprintf("==%d", n)
	case 5:
		text += fmt.Sprintf("!=%d", n)
	}
	if self != "" && c.rng.IntN(4) == 0 {
		text += fmt.Sprintf(" ; extra == %q", string("xy"[c.rng.IntN(2)]))
	}
	return text
}

func (c *chance) universe() string {
	var b strings.Builder
	for p := range c.projects {
		name := fmt.Sprintf("p%d", p)
		fmt.Fprintf(&b, "%s\n", name)
		for v := range 1 + c.rng.IntN(4) {
			fmt.Fprintf(&b, "%s %d extras=x,y\n", name, v+1)
			for range c.rng.IntN(4) {
				fmt.Fprintf(&b, "    %s\n", c.requirement(name))
			}
		}
	}
	return b.String()
}

// brute says what is right by trying everything.
type brute struct {
	u    *universe
	env  pep508.Environment
	reqs []requirements.Requirement
}

// holds reports whether versions, by project, meet all that is wanted of them;
// those that nobody wants don't count.
func (b *brute) holds(t *testing.T, versions map[string]int) bool {
	t.Helper()
	type item struct{ name, extra string }
	seen := map[item]bool{}
	var queue []item
	want := func(r pep508.Requirement) bool {
		v, ok := versions[r.Name]
		if !ok || !r.Specifiers.Contains(parsed(t, fmt.Sprint(v)), pep440.PrereleasesAllow) {
			return false
		}
		for _, extra := range append([]string{""}, r.Extras...) {
			if it := (item{r.Name, extra}); !seen[it] {
				seen[it] = true
				queue = append(queue, it)
			}
		}
		return true
	}
	for _, r := range b.reqs {
		if !want(r.Requirement) {
			return false
		}
	}
	for len(queue) > 0 {
		it := queue[0]
		queue = queue[1:]
		file := fmt.Sprintf("%s-%d-py3-none-any.whl", it.name, versions[it.name])
		for _, r := range b.u.metadata[file].RequiresDist {
			var extras []string
			if it.extra != "" {
				extras = []string{it.extra}
			}
			ok, err := r.Marker.Eval(b.env, extras...)
			if err != nil {
				t.Fatal(err)
			}
			if ok && !want(r) {
				return false
			}
		}
	}
	return true
}

// solvable tries every combination.
func (b *brute) solvable(t *testing.T) bool {
	t.Helper()
	var names []string
	for name := range b.u.files {
		names = append(names, name)
	}
	versions := map[string]int{}
	var try func(i int) bool
	try = func(i int) bool {
		if i == len(names) {
			return b.holds(t, versions)
		}
		for v := range b.u.files[names[i]] {
			versions[names[i]] = v + 1
			if try(i + 1) {
				return true
			}
		}
		return false
	}
	return try(0)
}

func parsed(t *testing.T, s string) pep440.Version {
	t.Helper()
	v, err := pep440.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestBruteForce holds the search to its two laws on many small universes: it
// finds a solution exactly where there is one, and what it finds is one. A
// conflict's reasons must be a conflict by themselves.
func TestBruteForce(t *testing.T) {
	env, ladder := testTarget(t)
	found := map[bool]int{}
	for seed := range uint64(1500) {
		c := &chance{rand.New(rand.NewPCG(seed, 1)), 3 + int(seed%3)}
		text := c.universe()
		b := &brute{u: parseUniverse(t, text), env: env}
		for range 1 + c.rng.IntN(3) {
			req, err := pep508.ParseRequirement(c.requirement(""))
			if err != nil {
				t.Fatal(err)
			}
			b.reqs = append(b.reqs, requirements.Requirement{Requirement: req, File: "r", Line: len(b.reqs) + 1})
		}
		solvable := b.solvable(t)
		found[solvable]++
		s, err := Resolve(t.Context(), b.reqs, Options{Provider: b.u, Env: env, Ladder: ladder, Jobs: 2})
		var conflict *ConflictError
		switch {
		case err != nil && !errors.As(err, &conflict):
			t.Fatalf("seed %d: %v\n%s%v", seed, err, text, b.reqs)
		case (err == nil) != solvable:
			t.Fatalf("seed %d: solvable %v, but %v\n%s%v", seed, solvable, err, text, b.reqs)
		case err != nil && len(conflict.Reasons) == 0:
			t.Fatalf("seed %d: a conflict without reasons\n%s%v", seed, text, b.reqs)
		case err == nil:
			versions := map[string]int{}
			for _, p := range s.Pins {
				var v int
				if _, err := fmt.Sscan(p.Version.String(), &v); err != nil {
					t.Fatal(err)
				}
				versions[p.Name] = v
			}
			if !b.holds(t, versions) {
				t.Fatalf("seed %d: %v is no solution\n%s%v", seed, versions, text, b.reqs)
			}
		}
	}
	if found[true] < 200 || found[false] < 200 {
		t.Errorf("the universes are too much alike: %v", found)
	}
}
