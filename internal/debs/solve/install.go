package solve

import (
	"cmp"
	"slices"
)

// markInstall marks a package's candidate for installation. With auto, it does
// so for what the candidate needs as well, and makes what is in its way give
// way: it is upgraded, or else removed. It reports whether that worked out;
// for what the user named the marks stay even if not, so that mending may try.
func (s *solver) markInstall(n *node, auto bool, depth int, user bool, why Why) bool {
	if s.steps++; s.exhausted() {
		return false
	}
	s.touch(n)
	// A protected package that stays is come to only to protect what it needs.
	stays := n.protected && n.mode == keep && n.candidate != nil && n.candidate == n.current
	if !stays && !s.mayChange(n, install, depth, user) || n.candidate == nil {
		return false
	}
	if !n.protected && !s.unhappy(n.install) {
		switch {
		case n.candidate == n.current && n.install == nil:
			return s.markKeep(n, user, depth+1)
		case n.candidate == n.current, n.mode == install:
			return true
		}
	}
	if auto && !s.satisfiable(n) {
		return false
	}
	m := marking{solver: s, node: n, depth: depth, user: user, early: !n.protected && !user}
	if user {
		s.change(n, user, why)
	}
	if auto {
		m.collect()
		if !m.keepAway() && m.early {
			return false
		}
		m.collectBroken()
	}
	if !user {
		s.change(n, user, why)
	}
	if !auto {
		return !m.failed
	}
	return m.finish()
}

// change makes the candidate what will be there.
func (s *solver) change(n *node, user bool, why Why) {
	if n.protected && n.install == n.candidate {
		return
	}
	if n.mode != install {
		n.why = why
	}
	n.mode = install
	n.install = n.candidate
	if n.isNew() {
		n.auto = !user
	}
	if n.candidate == n.current {
		n.mode = keep
	}
}

// satisfiable reports whether each thing that the candidate can't do without
// will be there, or could be. Where not, the candidate is out of the question
// for good.
func (s *solver) satisfiable(n *node) bool {
	if n.candidate == n.current {
		return true
	}
	for _, d := range s.needs(n.candidate) {
		if !d.kind.critical() || d.kind.negative() || s.met(d, after) || s.met(d, chosen) {
			continue
		}
		if n.protected {
			return false
		}
		if n.current != nil {
			s.setCandidate(n.current)
		} else {
			n.candidate = nil
		}
		if n.mode != remove {
			n.mode = keep
		}
		return false
	}
	return true
}

// marking is what is under way for one package.
type marking struct {
	*solver
	node *node
	// depth is how many packages asked for each other on the way here.
	depth int
	user  bool
	// early says that the first failure ends it.
	early  bool
	failed bool

	positive, negative []*need
	upgrade            []upgrade
	removeLater        []removal
}

type upgrade struct {
	node *node
	why  Why
}

type removal struct {
	node *node
	why  Why
}

// collect takes the needs that aren't met. Those of a protected package are all
// gone through, since what they need is protected, too.
func (m *marking) collect() {
	for _, d := range m.needs(m.node.candidate) {
		if !m.important(d) || m.met(d, after) && !m.node.protected {
			continue
		}
		if d.kind.negative() {
			m.negative = append(m.negative, d)
		} else {
			m.positive = append(m.positive, d)
		}
	}
}

func (m *marking) fail() bool {
	m.failed = true
	return m.early
}

// keepAway looks at what the candidate must not meet: candidates that it
// conflicts with stay away, and what is installed is upgraded or else removed.
func (m *marking) keepAway() bool {
	var bad []*node
	for _, d := range m.negative {
		for _, r := range m.solutions(d, chosen) {
			if !m.avoidCandidate(d, r, &bad) && m.fail() {
				return false
			}
		}
		for _, r := range m.solutions(d, now) {
			n := r.node
			switch {
			case n.candidate != r && n.candidate != nil && !slices.Contains(bad, n):
				m.upgrade = append(m.upgrade, upgrade{n, because(d)})
			case n.candidate == n.current: // it was seen to above
			case !m.removeUnupgradable(n, d) && m.fail():
				return false
			}
		}
	}
	return !m.failed
}

// avoidCandidate sees to it that a candidate won't be installed.
func (m *marking) avoidCandidate(d *need, r *release, bad *[]*node) bool {
	n := r.node
	switch {
	case n.candidate != r:
		return true
	case n.current == r:
		return m.removeUnupgradable(n, d)
	case n.mode == install && !m.markKeep(n, false, m.depth):
		return false
	case m.node.protected:
		m.discardCandidate(n)
		if n.current == nil {
			m.touch(n)
			m.protect(n)
		}
	default:
		*bad = append(*bad, n)
	}
	return true
}

// removeUnupgradable removes what no upgrade takes out of the way: at once for
// a protected package, else when all that the candidate needs was found.
func (m *marking) removeUnupgradable(n *node, d *need) bool {
	m.touch(n)
	if !m.node.protected {
		if n.mode == remove {
			return true
		}
		if !m.mayChange(n, remove, m.depth, false) || !n.removable() {
			return false
		}
		m.removeLater = append(m.removeLater, removal{n, because(d)})
		return true
	}
	if n.mode != remove && !m.markRemove(n, m.depth+1, because(d)) {
		return false
	}
	m.discardCandidate(n)
	m.protect(n)
	return true
}

// collectBroken takes the installed packages that the candidate would break:
// those that need the very version that is installed.
func (m *marking) collectBroken() {
	if m.node.current == nil {
		return
	}
	for _, p := range m.base {
		if p.mode == install {
			continue
		}
		for _, d := range m.needs(p.current) {
			if !m.important(d) || d.kind.negative() || !m.breaksBy(d) {
				continue
			}
			if !slices.ContainsFunc(m.upgrade, func(u upgrade) bool { return u.node == p }) {
				m.upgrade = append(m.upgrade, upgrade{p, because(d)})
			}
		}
	}
}

// breaksBy reports whether an alternative names the package, and takes the
// installed version but not the candidate.
func (m *marking) breaksBy(d *need) bool {
	for _, a := range d.any {
		if a.target == m.node && a.Matches(m.node.current.Version) && !a.Matches(m.node.candidate.Version) {
			return true
		}
	}
	return false
}

// finish brings what the package needs. Until it has, the package itself
// stands fast.
func (m *marking) finish() bool {
	n := m.node
	wasProtected := n.protected
	n.protected = true
	defer func() { n.protected = wasProtected }()
	m.upgradeSiblings()
	for _, step := range []func(bool) bool{m.upgradeOrRemove, m.installNeeds, m.removeDelayed} {
		if !step(wasProtected) {
			if m.early {
				m.discardInstall(n)
				return false
			}
			m.failed = true
		}
	}
	return !m.failed
}

// upgradeSiblings upgrades the installed packages that were built from the same
// source, where their candidate is of the same version.
func (m *marking) upgradeSiblings() {
	mine := m.node.candidate
	var siblings []*node
	for _, p := range m.base {
		c := p.candidate
		if p == m.node || c == nil || c == p.current || p.mode == install && p.install == c {
			continue
		}
		if c.Source == mine.Source && c.SourceVersion == mine.SourceVersion {
			siblings = append(siblings, p)
		}
	}
	slices.SortFunc(siblings, func(a, b *node) int { return cmp.Compare(a.rank, b.rank) })
	why := Why{Kind: SameSource, By: m.node.name, Relation: mine.Source}
	for _, auto := range []bool{false, true} {
		for _, p := range siblings {
			m.markInstall(p, auto, m.depth+1, false, why)
		}
	}
}

func (m *marking) upgradeOrRemove(wasProtected bool) bool {
	ok := true
	for _, u := range m.upgrade {
		if u.node.mode == install || m.markInstall(u.node, true, m.depth+1, false, u.why) {
			continue
		}
		if m.markRemove(u.node, m.depth+1, u.why) {
			if wasProtected {
				m.protect(u.node)
			}
			continue
		}
		ok = false
		if !wasProtected && !m.user {
			break
		}
	}
	return ok
}

func (m *marking) removeDelayed(bool) bool {
	ok := true
	for _, r := range m.removeLater {
		if !m.markRemove(r.node, m.depth, r.why) {
			if ok = false; m.early {
				break
			}
		}
	}
	return ok
}

// installNeeds marks for each need the first package that can be installed.
func (m *marking) installNeeds(wasProtected bool) bool {
	ok := true
	for _, d := range m.positive {
		if m.met(d, after) {
			if wasProtected && d.kind.critical() && !m.protectOnly(d) {
				ok = false
			}
			continue
		}
		if m.node.current != nil && !d.kind.critical() && m.oldUnmet(d) {
			continue
		}
		if !m.installAny(d, wasProtected) && d.kind.critical() {
			if ok = false; !wasProtected && !m.user {
				break
			}
		}
	}
	return ok
}

// protectOnly protects the package that meets a need, if there is but one that
// could.
func (m *marking) protectOnly(d *need) bool {
	could := m.solutions(d, chosen)
	for _, r := range m.solutions(d, now) {
		if !slices.Contains(could, r) {
			could = append(could, r)
		}
	}
	if len(could) != 1 || could[0].node.protected {
		return true
	}
	m.touch(could[0].node)
	m.protect(could[0].node)
	return m.markInstall(could[0].node, true, m.depth+1, false, because(d))
}

// installAny marks the first solution that can be installed.
func (m *marking) installAny(d *need, wasProtected bool) bool {
	could := m.solutions(d, chosen)
	for _, r := range could {
		n := r.node
		if n.candidate != r { // what was tried before took it out of the question
			continue
		}
		if wasProtected && d.kind.critical() && len(could) == 1 {
			if !m.markInstall(n, false, m.depth+1, false, because(d)) {
				continue
			}
			m.protect(n)
		}
		if m.markInstall(n, true, m.depth+1, false, because(d)) {
			return true
		}
	}
	return false
}

// oldUnmet reports whether the installed version recommended the same package
// and did without: an upgrade doesn't bring it then.
func (m *marking) oldUnmet(d *need) bool {
	known := false
	for _, old := range m.needs(m.node.current) {
		if old.kind.critical() || !m.important(old) || !slices.ContainsFunc(old.any, func(a alternative) bool { return a.target == d.any[0].target }) {
			continue
		}
		known = true
		if m.met(old, now) {
			return false
		}
	}
	return known
}
