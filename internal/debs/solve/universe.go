package solve

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/dependency"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/version"
)

// universe finds packages by name. A package is made when it is first looked
// for, since few of those that an archive has are.
type universe struct {
	sources   []Source
	arch      string
	keep      map[string]string
	installed map[string]packages.Package
	// provides tells which installed packages provide a name.
	provides map[string][]string
	// ranks are those of the names that the installed packages mention.
	ranks map[string]uint64
	nodes map[string]*node
	// steps is how much work was done: packages and relations looked at.
	steps int
}

// exhausted reports whether there is no end to the work. Nothing is met from
// then on, so that it ends soon.
func (u *universe) exhausted() bool { return u.steps > maxSteps }

// node is a name: that of a package, or of something that packages provide.
type node struct {
	name string
	// versions are those on offer and the installed one, the highest first.
	versions []*release
	current  *release
	rank     uint64
	// essential and important packages must not be removed.
	essential, important, hold bool

	provisions []provision
	provided   bool // provisions were looked for

	state
}

// release is a version of a package.
type release struct {
	node *node
	packages.Package
	// source is the number of the source that offers it; -1 if it is only
	// installed.
	source int
	// priority is what it is pinned to.
	priority int
	deps     []*need
	parsed   bool
}

// provision says that a release provides a name, in a version or in none.
type provision struct {
	by      *release
	version string
}

func newUniverse(sources []Source, installed []packages.Package, arch string, keep map[string]string) *universe {
	u := &universe{
		sources: sources, arch: arch, keep: keep, installed: map[string]packages.Package{}, provides: map[string][]string{},
		ranks: map[string]uint64{}, nodes: map[string]*node{},
	}
	rank := func(name string) {
		if _, ok := u.ranks[name]; !ok {
			u.ranks[name] = uint64(len(u.ranks))
		}
	}
	for _, p := range installed {
		u.installed[p.Name] = p
		rank(p.Name)
		for _, field := range []string{p.PreDepends, p.Depends, p.Conflicts, p.Breaks, p.Recommends, p.Provides} {
			for _, g := range parseField(field) {
				for _, r := range g {
					rank(r.Name)
				}
			}
		}
		for _, g := range parseField(p.Provides) {
			u.provides[g[0].Name] = append(u.provides[g[0].Name], p.Name)
		}
	}
	return u
}

// parseField reads a field as far as it can be read. What can't be is taken to
// say nothing: it is found fault with where the package is chosen.
func parseField(field string) []dependency.Group {
	groups, err := dependency.Parse(field)
	if err != nil {
		return nil
	}
	return groups
}

// find returns the node of a name, which nothing may offer.
func (u *universe) find(name string) *node {
	if n, ok := u.nodes[name]; ok {
		return n
	}
	n := &node{name: name, rank: u.rank(name)}
	u.nodes[name] = n
	for i, source := range u.sources {
		for _, p := range source.Index.Named(name) {
			n.add(&release{node: n, Package: p, source: i, priority: source.Priority})
		}
	}
	if p, ok := u.installed[name]; ok {
		n.addCurrent(p)
	}
	for _, r := range n.versions {
		n.essential = n.essential || r.Essential
		n.important = n.important || r.Important
	}
	n.candidate = n.choose(u.keep[name])
	n.install = n.current
	return n
}

// add puts a release among the versions. Sources that offer the same version
// offer the same package; the weightiest priority counts.
func (n *node) add(r *release) {
	for i, have := range n.versions {
		switch c := version.Compare(r.Version, have.Version); {
		case c > 0:
			n.versions = slices.Insert(n.versions, i, r)
			return
		case c == 0 && r.Version == have.Version:
			have.priority = max(have.priority, r.priority)
			return
		}
	}
	n.versions = append(n.versions, r)
}

// installedPriority is how apt pins what is installed.
const installedPriority = 100

func (n *node) addCurrent(p packages.Package) {
	n.hold = p.Hold
	for _, r := range n.versions {
		if r.Version == p.Version {
			r.Essential, r.Important = r.Essential || p.Essential, r.Important || p.Important
			r.priority = max(r.priority, installedPriority)
			n.current = r
			return
		}
	}
	r := &release{node: n, Package: p, source: -1, priority: installedPriority}
	n.add(r)
	n.current = r
}

// rank orders names by when apt would first have read them: the sources in
// their order, then what is installed.
func (u *universe) rank(name string) uint64 {
	var before uint64
	for _, source := range u.sources {
		if r, ok := source.Index.Rank(name); ok {
			return before + uint64(r)
		}
		before += uint64(source.Index.Ranks())
	}
	if r, ok := u.ranks[name]; ok {
		return before + r
	}
	return before + uint64(len(u.ranks))
}

// target returns the node that a relation names. A name with ":any" after it
// is one of its own, which only packages with Multi-Arch: allowed provide;
// packages of other architectures are none of ours.
func (u *universe) target(r dependency.Relation) *node {
	switch r.Qualifier {
	case "", "native", u.arch:
		return u.find(r.Name)
	}
	full := r.Name + ":" + r.Qualifier
	if n, ok := u.nodes[full]; ok {
		return n
	}
	n := &node{name: full, rank: u.rank(r.Name)}
	u.nodes[full] = n
	return n
}

// providers returns who provides the name, the one that was read last first.
func (u *universe) providers(n *node) []provision {
	if n.provided {
		return n.provisions
	}
	n.provided = true
	base, qualifier, _ := strings.Cut(n.name, ":")
	if qualifier != "" && qualifier != "any" {
		return nil
	}
	for _, owner := range u.owners(base) {
		for _, r := range u.find(owner).versions {
			n.provisions = append(n.provisions, provisions(r, base, qualifier)...)
		}
	}
	if qualifier == "any" {
		for _, r := range u.find(base).versions {
			if r.MultiArch == "allowed" {
				n.provisions = append(n.provisions, provision{by: r, version: r.Version})
			}
		}
	}
	slices.Reverse(n.provisions)
	return n.provisions
}

// owners are the names of the packages that have a version which provides the
// name.
func (u *universe) owners(name string) []string {
	var out []string
	seen := map[string]bool{}
	add := func(owner string) {
		if !seen[owner] {
			seen[owner] = true
			out = append(out, owner)
		}
	}
	for _, source := range u.sources {
		for _, p := range source.Index.Providers(name) {
			add(p.Name)
		}
	}
	for _, owner := range u.provides[name] {
		add(owner)
	}
	return out
}

// provisions are what a release provides of that name. Any comparison but
// equality is ignored (Debian Policy 7.5).
func provisions(r *release, name, qualifier string) []provision {
	var out []provision
	for _, g := range parseField(r.Provides) {
		p := g[0]
		if p.Name != name || (p.Op != dependency.None && p.Op != dependency.Equal) {
			continue
		}
		any := p.Qualifier == "any" || p.Qualifier == "" && r.MultiArch == "allowed"
		if qualifier == "any" && any || qualifier == "" && p.Qualifier != "any" {
			out = append(out, provision{by: r, version: p.Version})
		}
	}
	return out
}
