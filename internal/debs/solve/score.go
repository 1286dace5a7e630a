package solve

// problem is what mending knows of a package.
type problem struct {
	score int
	// wasInstall says that it was marked for installation before mending.
	wasInstall bool
	// tried says that an upgrade was tried.
	tried   bool
	garbage bool
}

// Points of apt's problem resolver.
const (
	essentialPoints  = 100
	installedPoints  = 1
	protectedPoints  = 10000
	essentialPremium = 5000
)

var priorityPoints = [...]int{0, 3, 2, 1, -1, -2}

var kindPoints = [...]int{preDepends: 1, depends: 1, conflicts: -1, breaks: -1, recommends: 1}

// scoreAll gives each package its weight: by its own properties, then by those
// that need it.
func (s *solver) scoreAll() {
	base := map[*node]int{}
	for _, n := range s.touched {
		if n.install != nil {
			s.scoreOne(n, base)
		}
	}
	total := map[*node]int{}
	for n, points := range base {
		total[n] = points
	}
	for _, n := range s.touched {
		if n.install == nil || base[n] <= 0 {
			continue
		}
		for _, d := range s.needs(n.install) {
			for _, a := range d.any {
				if !d.kind.negative() && a.target.install != nil {
					total[a.target] += base[n]
				}
			}
		}
	}
	for _, n := range s.touched {
		if gained := total[n] - base[n]; gained != 0 && n.install != nil {
			s.passOn(n, max(gained, -gained), total)
		}
	}
	for n := range total {
		s.touch(n)
	}
	for _, n := range s.touched {
		n.problem.score = total[n]
		if n.protected {
			n.problem.score += protectedPoints
		}
		if n.essential || n.important {
			n.problem.score += essentialPremium
		}
	}
}

// scoreOne gives points to a package that will be there, and to those that it
// names.
func (s *solver) scoreOne(n *node, points map[*node]int) {
	r := n.install
	if n.essential || n.important {
		points[n] += essentialPoints
	}
	if r.source >= 0 {
		points[n] += priorityPoints[r.Priority]
	} else {
		points[n] += priorityPoints[len(priorityPoints)-1]
	}
	if n.current != nil && n.candidate != nil && n.candidate.source >= 0 {
		points[n] += installedPoints
	}
	for _, d := range s.needs(r) {
		for _, a := range d.any {
			s.scoreTarget(d, a, points)
		}
	}
}

func (s *solver) scoreTarget(d *need, a alternative, points map[*node]int) {
	own := d.kind.negative() && a.target == d.owner.node
	if !own {
		if a.Version != "" && (a.target.install == nil || !a.Matches(a.target.install.Version)) {
			return
		}
		points[a.target] += kindPoints[d.kind]
	}
	owners := map[*node]bool{}
	for _, p := range s.providers(a.target) {
		by := p.by.node
		if d.kind.negative() && by == d.owner.node || by.install != p.by || !p.matches(a.Relation) || owners[by] {
			continue
		}
		owners[by] = true
		points[by] += kindPoints[d.kind]
	}
}

// passOn gives the points that a name has gained to those that provide it.
func (s *solver) passOn(n *node, gained int, points map[*node]int) {
	owners := map[*node]bool{}
	for _, p := range s.providers(n) {
		if by := p.by.node; by.install == p.by && !owners[by] {
			owners[by] = true
			points[by] += gained
		}
	}
}
