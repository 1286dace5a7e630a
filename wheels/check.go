package wheels

import (
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// ProblemKind is a kind of problem in a set of wheels.
type ProblemKind string

// The kinds of problems that [Set.Check] finds.
const (
	// PythonProblem is a wheel whose Requires-Python excludes the target.
	PythonProblem ProblemKind = "requires-python"
	// MissingProblem is a requirement that no wheel of the set provides.
	MissingProblem ProblemKind = "missing"
	// VersionProblem is a requirement that excludes the version in the set.
	VersionProblem ProblemKind = "version"
	// ExtraProblem is an extra that the wheel does not have.
	ExtraProblem ProblemKind = "extra"
	// MetadataProblem is a requirement that can't be read or evaluated.
	MetadataProblem ProblemKind = "metadata"
)

// Problem is one reason why a set of wheels may not work.
type Problem struct {
	Kind ProblemKind
	// Wheel is the file name of the wheel that asks for something.
	Wheel string
	// Requirement is what it asks for, as its METADATA has it.
	Requirement string
	// Reason says what was found instead.
	Reason string
}

// String returns the problem as one line.
func (p Problem) String() string {
	if p.Kind == PythonProblem {
		return fmt.Sprintf("wheel %q requires Python %s: %s", p.Wheel, p.Requirement, p.Reason)
	}
	return fmt.Sprintf("wheel %q requires %s: %s", p.Wheel, p.Requirement, p.Reason)
}

// Check reports why the wheels may not work together in env: each must support
// its Python, and everything that they require under its markers must be among
// them in a matching version. extras are those in the lock, by normalized name;
// those that wheels require of each other are added. The problems are in the
// order of the wheels.
func (s *Set) Check(env pep508.Environment, extras map[string][]string) []Problem {
	c := checker{env: env, byName: make(map[string]*node, len(s.members))}
	for i := range s.members {
		n := &node{member: &s.members[i], problems: make(map[Problem]bool)}
		c.nodes = append(c.nodes, n)
		c.byName[n.filename.Normalized] = n
	}
	for _, n := range c.nodes {
		c.python(n)
		c.parse(n)
		c.request(n, n, extras[n.filename.Normalized], "")
		c.queue = append(c.queue, n)
	}
	for len(c.queue) > 0 {
		n := c.queue[0]
		c.queue = c.queue[1:]
		c.visit(n)
	}
	var list []Problem
	for _, n := range c.nodes {
		list = append(list, n.list...)
	}
	return list
}

// node is a wheel with the extras that are asked of it so far.
type node struct {
	*member
	requires []pep508.Requirement
	extras   []string
	list     []Problem
	problems map[Problem]bool // those in list
}

func (n *node) add(kind ProblemKind, requirement, format string, args ...any) {
	p := Problem{Kind: kind, Wheel: n.name, Requirement: requirement, Reason: fmt.Sprintf(format, args...)}
	if !n.problems[p] {
		n.problems[p] = true
		n.list = append(n.list, p)
	}
}

type checker struct {
	env    pep508.Environment
	nodes  []*node
	byName map[string]*node
	queue  []*node // wheels whose extras have changed
}

func (c *checker) python(n *node) {
	text := n.metadata.RequiresPython
	if text == "" {
		return
	}
	set, err := pep440.ParseSpecifiers(text)
	if err != nil {
		n.add(PythonProblem, text, "%v", err)
		return
	}
	if v, err := pep440.Parse(c.env.PythonFullVersion); err != nil || !set.Contains(v, pep440.PrereleasesAllow) {
		n.add(PythonProblem, text, "the target has %s", c.env.PythonFullVersion)
	}
}

func (c *checker) parse(n *node) {
	for _, text := range n.metadata.RequiresDist {
		r, err := pep508.ParseRequirement(text)
		if err != nil {
			n.add(MetadataProblem, text, "%v", err)
			continue
		}
		n.requires = append(n.requires, r)
	}
}

// request adds extras to n that by requires with requirement, and queues n if
// they are new.
func (c *checker) request(by, n *node, extras []string, requirement string) {
	for _, extra := range extras {
		extra = pep508.NormalizeName(extra)
		if slices.Contains(n.extras, extra) {
			continue
		}
		provides := func(s string) bool { return pep508.NormalizeName(s) == extra }
		if !slices.ContainsFunc(n.metadata.ProvidesExtra, provides) {
			if requirement == "" {
				requirement = n.metadata.Name + "[" + extra + "]"
			}
			by.add(ExtraProblem, requirement, "%s has no extra %q", n.name, extra)
			continue
		}
		n.extras = append(n.extras, extra)
		c.queue = append(c.queue, n)
	}
}

// visit looks at what n requires with its extras.
func (c *checker) visit(n *node) {
	for _, r := range n.requires {
		holds, err := r.Marker.Eval(c.env)
		if !holds && err == nil && len(n.extras) > 0 {
			holds, err = r.Marker.Eval(c.env, n.extras...)
		}
		if err != nil {
			n.add(MetadataProblem, r.String(), "%v", err)
			continue
		}
		if !holds {
			continue
		}
		other := c.byName[pep508.NormalizeName(r.Name)]
		if other == nil {
			n.add(MissingProblem, r.String(), "the lock has no %s", r.Name)
			continue
		}
		if v := other.filename.Version; !r.Specifiers.Contains(v, pep440.PrereleasesAllow) {
			n.add(VersionProblem, r.String(), "the lock has %s %s", other.metadata.Name, v)
			continue
		}
		c.request(n, other, r.Extras, r.String())
	}
}
