package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assemble-image/assemble/wheels/tags"
)

// report puts claims into words, along the ways that lead from the user to the
// conflict.
func (s *solver) report(claims []*claim) []string {
	var lines []string
	seen := map[pkgID]bool{}
	for _, c := range claims {
		if c.kind == excludes {
			s.nodes[c.pkg].project.reported = true
			c.narrow(claims)
		}
	}
	var visit func(pkg pkgID)
	visit = func(pkg pkgID) {
		if seen[pkg] {
			return
		}
		seen[pkg] = true
		var next []pkgID
		for _, c := range ordered(claims) {
			switch {
			case c.kind == wants && c.pkg == pkg && s.wantsDenied(c):
				lines = addOnce(lines, s.reportDenied(pkg, claims))
			case c.kind == wants && c.pkg == pkg:
				lines = addOnce(lines, s.reportRequirement(c))
				next = append(next, c.on)
			case c.kind == limits && c.on == pkg:
				lines = addOnce(lines, s.reportConstraint(c))
			case c.kind == excludes && c.pkg == pkg:
				lines = addOnce(lines, s.excluded(pkg, c.releases)+" "+s.reportRejection(c))
			}
		}
		for _, on := range next {
			visit(on)
			visit(s.nodes[on].project.pkg) // where on has an extra
		}
	}
	visit(root)
	for i := range s.nodes { // in case something wasn't reached
		visit(pkgID(i))
	}
	return lines
}

// wantsDenied reports whether a claim wants what is denied.
func (s *solver) wantsDenied(c *claim) bool {
	return c.kind == wants && s.nodes[c.on].project.denied != ""
}

// reportDenied says in one line what a package wants that is denied, be it in
// some releases this and in some that.
func (s *solver) reportDenied(pkg pkgID, claims []*claim) string {
	all := &claim{fact: fact{kind: wants, pkg: pkg, releases: newSet(s.size[pkg])}}
	var wanted, deniedBy []string
	for _, c := range ordered(claims) {
		if c.pkg != pkg || !s.wantsDenied(c) {
			continue
		}
		all.where = cmp.Or(all.where, c.where)
		all.releases = all.releases.or(c.releases)
		wanted = addOnce(wanted, c.wanted())
		deniedBy = addOnce(deniedBy, s.nodes[c.on].project.denied)
	}
	who := all.where.String() + " wants"
	if pkg != root {
		who = s.subject(pkg, all.releases) + " " + s.verb(all, "wants", "want")
	}
	be := "is"
	if len(wanted) > 1 {
		be = "are"
	}
	return fmt.Sprintf("%s %s, which %s denied (deny: %s)", who, strings.Join(wanted, " or "), be, strings.Join(deniedBy, ", "))
}

// narrow leaves out the releases that nobody wants anyway: what a package
// wants in any of its releases is kept, and what all packages want is left.
func (c *claim) narrow(claims []*claim) {
	releases := c.releases
	byPackage := map[pkgID]set{}
	for _, o := range claims {
		switch {
		case o.on != c.pkg:
		case o.kind == limits || o.kind == wants && o.pkg == root:
			releases = releases.and(o.allowed)
		case o.kind == wants && byPackage[o.pkg] == nil:
			byPackage[o.pkg] = o.allowed
		case o.kind == wants:
			byPackage[o.pkg] = byPackage[o.pkg].or(o.allowed)
		}
	}
	for _, allowed := range byPackage {
		releases = releases.and(allowed)
	}
	if !releases.empty() {
		c.releases = releases
	}
}

// ordered sorts claims by where they were made, for those of the user, and
// what can't be taken first, the newest releases first.
func ordered(claims []*claim) []*claim {
	claims = slices.Clone(claims)
	slices.SortStableFunc(claims, func(a, b *claim) int {
		return cmp.Or(cmp.Compare(a.where.file, b.where.file), cmp.Compare(a.where.line, b.where.line),
			compareBool(b.kind == excludes, a.kind == excludes), cmp.Compare(b.newest(), a.newest()))
	})
	return claims
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// newest is the newest release that c is about, -1 for none.
func (c *claim) newest() int { return c.releases.highest(len(c.releases) * 64) }

func (s *solver) reportRequirement(c *claim) string {
	who := c.where.String() + " wants"
	if c.pkg == root && c.where.file == "" {
		who = "you want"
	}
	if c.pkg != root {
		who = s.subject(c.pkg, c.releases) + " " + s.verb(c, "wants", "want")
	}
	text := who + " " + c.wanted()
	if !c.allowed.empty() {
		return text
	}
	p := s.nodes[c.on].project
	direct, named := s.fetch.direct[p.name]
	switch {
	case named:
		return text + ", but you name " + direct.Name
	case p.missing:
		return text + ", but " + s.without("has no wheel of "+p.name, "there is no project "+p.name)
	case len(p.releases) == 0:
		return text + ", but " + p.name + " has no releases"
	case c.req.URL != "":
		return text + ", but only your own requirements may ask for a URL"
	}
	return text + ", but " + s.noneOf(p)
}

func (s *solver) reportConstraint(c *claim) string {
	text := fmt.Sprintf("%s allows only %s", c.where, c.wanted())
	if p := s.nodes[c.on].project; c.allowed.empty() && len(p.releases) > 0 {
		text += ", but " + s.noneOf(p)
	}
	return text
}

// noneOf says what there is of p instead of what is wanted.
func (s *solver) noneOf(p *project) string {
	return s.without("has "+p.versions(), "there is no such version; the newest is "+p.releases[len(p.releases)-1].version.String())
}

// without says what the provider has where it has a name, and what there is
// where it has none.
func (s *solver) without(has, isThere string) string {
	if s.opt.Where == "" {
		return isThere
	}
	return s.opt.Where + " " + has
}

// versions names the newest few.
func (p *project) versions() string {
	texts := make([]string, 0, len(p.releases))
	for _, r := range slices.Backward(p.releases) {
		texts = append(texts, r.version.String())
	}
	return p.name + " " + some(texts, 4)
}

// verb returns the form that fits the subject of c.
func (s *solver) verb(c *claim, one, many string) string {
	if c.releases.count() == 1 {
		return one
	}
	subject := s.subject
	if c.kind == excludes {
		subject = s.excluded
	}
	if strings.HasPrefix(subject(c.pkg, c.releases), "every ") {
		return one
	}
	return many
}

// reportRejection says what is against the releases of c.
func (s *solver) reportRejection(c *claim) string {
	v := func(one, many string) string { return s.verb(c, one, many) }
	newest := s.nodes[c.pkg].project.releases[c.releases.highest(len(s.nodes[c.pkg].project.releases))]
	switch c.rejection {
	case tooNew:
		return v("was", "were") + " uploaded at " + s.opt.ExcludeNewer.UTC().Format(time.RFC3339) + " or later"
	case noTime:
		return v("has", "have") + " no upload time, so nobody knows whether " + v("it is", "they are") + " too new"
	case wrongPython:
		return fmt.Sprintf("%s Python %s, the target has %s", v("needs", "need"), shown(strings.Join(c.details, " or ")), s.opt.Env.PythonFullVersion)
	case onlySource:
		return v("comes", "come") + " as source only"
	case wrongPlatform:
		return v("has", "have") + " no wheel for the target, only " + platforms(newest)
	case wrongHash:
		return v("has", "have") + " none of the hashes that you list"
	case noHash:
		return v("has", "have") + " no SHA-256"
	case isAvoided:
		return v("is", "are") + " excluded by --avoid"
	case isYanked:
		return v("was", "were") + " yanked" + because(c.details[0])
	case isPrerelease:
		return v("is a pre-release", "are pre-releases")
	case badMetadata, unreadable:
		return "can't be used: " + c.shownDetails()
	case noFiles, accepted:
	}
	return v("has", "have") + " no files"
}

// shownDetails are the claim's details, fit for messages, those of the newest
// releases first.
func (c *claim) shownDetails() string {
	const most = 8
	list := make([]string, 0, len(c.details))
	for _, d := range slices.Backward(c.details) {
		list = append(list, shown(d))
	}
	if len(list) > most+1 {
		list = append(list[:most], fmt.Sprintf("and %d more", len(list)-most))
	}
	return strings.Join(list, "; ")
}

// platforms lists what wheels there are of a release.
func platforms(r *release) string {
	var list []string
	for _, f := range r.files {
		if name, err := tags.ParseFilename(f.Name); err == nil {
			list = addOnce(list, name.TagText)
		}
	}
	return some(list, 4)
}
