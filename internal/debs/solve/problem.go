package solve

import (
	"cmp"
	"slices"
)

// maxRounds is how often mending goes through all packages, as in apt.
const maxRounds = 20

// mend changes what marking left broken: from the weightiest package down, a
// broken one is kept as it was, or what it lacks is upgraded or installed, or
// the lighter one of two in each other's way is taken away.
func (s *solver) mend() {
	s.prepare()
	s.scoreAll()
	order := slices.Clone(s.touched)
	slices.SortStableFunc(order, func(a, b *node) int {
		return cmp.Or(cmp.Compare(b.problem.score, a.problem.score), cmp.Compare(a.rank, b.rank))
	})
	for round := range maxRounds {
		changed := false
		for _, n := range order {
			if s.exhausted() {
				return
			}
			s.reinstate(n)
			if n.install != nil && s.broken(n.install, after) {
				f := fixing{solver: s, node: n, round: round}
				f.run()
				changed = changed || f.changed
			}
		}
		if !changed {
			return
		}
	}
}

// prepare upgrades what is broken as it is, and notes how things stand.
func (s *solver) prepare() {
	for again := true; again && !s.exhausted(); {
		again = false
		for _, n := range slices.Clone(s.touched) {
			n.problem.wasInstall = n.mode == install
			if n.mode != install && s.broken(n.install, after) {
				s.markInstall(n, false, 0, false, Why{Kind: Mended})
				again = again || n.mode == install
			}
			n.problem.tried = false
		}
	}
}

// reinstate tries once more to upgrade a package that was to be upgraded and
// isn't any longer.
func (s *solver) reinstate(n *node) {
	if n.candidate == n.install || n.current == nil || n.install == nil || !n.problem.wasInstall || n.protected {
		return
	}
	before := s.brokenCount()
	s.markInstall(n, false, 0, false, n.why)
	if s.broken(n.install, after) || before < s.brokenCount() {
		s.markKeep(n, false, 0)
	}
}

// fixing is the work on one broken package.
type fixing struct {
	*solver
	node    *node
	round   int
	changed bool
	// away are the packages that would have to go for it.
	away []departure
	// keeps says that what is left for a group of alternatives is to keep the
	// package as it is, rather than to remove it.
	keeps bool
}

type departure struct {
	node *node
	by   *need
}

// verdict is how work on a need ended.
type verdict int

const (
	goOn  verdict = iota // to the next alternative
	done                 // with this package, for this round
	right                // nothing is wrong with the need
)

func (f *fixing) run() {
	for _, d := range f.needs(f.node.install) {
		if d.kind.critical() && f.group(d) {
			break
		}
	}
	if f.node.install == nil {
		return
	}
	for _, a := range f.away {
		f.depart(a)
	}
}

// group works on a need, and reports whether that ends the work on the package.
func (f *fixing) group(d *need) bool {
	several := len(d.any) > 1
	f.keeps = false
	sizeBefore := len(f.away)
	for _, a := range d.any {
		if f.met(d, after) {
			return false
		}
		v := f.alternative(d, a, several)
		if v == done && !several {
			return true
		}
	}
	if several && sizeBefore == len(f.away) {
		f.leave(d)
	}
	return false
}

// leave gives up on a package for which no alternative will do.
func (f *fixing) leave(d *need) {
	n := f.node
	switch {
	case f.keeps:
		f.markKeep(n, false, 0)
		f.changed = true
	case !n.protected:
		f.markRemove(n, 0, because(d))
		f.changed = true
	}
}

// alternative works on one alternative of a need.
func (f *fixing) alternative(d *need, a alternative, several bool) verdict {
	n := f.node
	targets := f.everyTarget(d, a)
	if len(targets) == 0 && !n.protected && !d.kind.negative() && !f.broken(n.current, now) {
		if several {
			return goOn
		}
		f.changed = true
		f.markKeep(n, false, 0)
		return done
	}
	v := goOn
	for _, r := range targets {
		if d.kind.negative() && r.node.install != r {
			continue
		}
		f.touch(r.node)
		stop, result := f.target(d, a, r.node, several)
		if result == done {
			v = done
		}
		if stop {
			break
		}
	}
	if len(targets) == 0 && !d.kind.negative() && !n.protected {
		f.noTarget(d, several)
		v = done
	}
	return v
}

// target weighs the package against one that its need is about. It reports
// whether the other targets are not to be looked at.
func (f *fixing) target(d *need, a alternative, other *node, several bool) (stop bool, v verdict) {
	n := f.node
	if n.problem.score <= other.problem.score || !f.ok(d, a, now) && !d.kind.negative() {
		if n.protected {
			if !f.upgradeWithNeeds(other) {
				return false, goOn
			}
			other.problem.score = min(other.problem.score, n.problem.score)
			return true, goOn
		}
		f.changeMyself(d, a, other, several)
		f.changed = true
		return true, done
	}
	if d.kind == breaks && f.met(d, chosen) {
		f.markInstall(other, false, 0, false, because(d))
		return false, goOn
	}
	if other.protected && other.mode != remove {
		return false, goOn
	}
	f.away = append(f.away, departure{other, d})
	return !d.kind.negative(), goOn
}

// changeMyself keeps the package as it was where it is whole then, or upgrades
// it, or removes it.
func (f *fixing) changeMyself(d *need, a alternative, other *node, several bool) {
	n := f.node
	wasInstall := n.mode == install
	f.markKeep(n, false, 0)
	if !f.broken(n.install, after) {
		f.keeps = true
		if several && wasInstall {
			f.markInstall(n, false, 0, false, n.why)
		}
		return
	}
	if f.upgradeWithNeeds(n) {
		return
	}
	if !several || n.problem.garbage {
		f.markRemove(n, 0, because(d))
		if f.round > 1 {
			n.problem.score = max(n.problem.score, other.problem.score)
		}
		return
	}
	t := a.target
	if t.current == nil && t.mode != remove && t.candidate != nil {
		before := f.brokenCount()
		f.markInstall(t, true, 1, false, because(d))
		if f.broken(t.install, after) || f.brokenCount() > before {
			f.markRemove(t, 1, because(d))
		}
	}
}

// noTarget deals with a need that no package can meet.
func (f *fixing) noTarget(d *need, several bool) {
	n := f.node
	wasInstall := n.mode == install
	f.markKeep(n, true, 0)
	f.changed = true
	switch {
	case !f.broken(n.install, after):
		f.keeps = true
		if several && wasInstall {
			f.markInstall(n, false, 0, false, n.why)
		}
	case !several:
		f.markRemove(n, 0, because(d))
	}
}

// depart takes away what is in the package's way.
func (f *fixing) depart(a departure) {
	found := false
	if !f.met(a.by, now) {
		found = a.by.kind.negative() && f.markRemove(a.node, 0, because(a.by))
	} else {
		found = f.markKeep(a.node, false, 0)
	}
	if (!found || f.round > 1) && f.node.problem.score > a.node.problem.score {
		a.node.problem.score = f.node.problem.score
		f.changed = true
	}
	f.changed = f.changed || found
}

// upgradeWithNeeds upgrades or installs a package and, as far as its needs
// aren't met then, those that they name.
func (s *solver) upgradeWithNeeds(n *node) bool {
	if n.problem.tried || !n.upgradable() || n.protected {
		return false
	}
	s.touch(n)
	n.problem.tried = true
	wasKept := n.mode == keep
	if !s.markInstall(n, false, 0, false, Why{Kind: Mended}) || n.install == nil {
		return false
	}
	for _, d := range s.needs(n.install) {
		if d.kind.critical() && !s.met(d, after) && !s.upgradeAny(d) {
			if wasKept {
				s.markKeep(n, false, 0)
			} else {
				s.markRemove(n, 0, because(d))
			}
			return false
		}
	}
	return true
}

// upgradeAny upgrades the first package that meets a need then.
func (s *solver) upgradeAny(d *need) bool {
	failed := false
	for _, a := range d.any {
		target := s.single(d, a)
		switch {
		case target.protected:
			failed = true
		case s.ok(d, a, chosen):
			if s.upgradeWithNeeds(target) {
				return true
			}
			failed = true
		case d.kind.negative():
			return !failed
		default:
			failed = true
		}
	}
	return !failed
}

// single is the package that an alternative names or, if nothing has that name
// itself, the first one that provides it.
func (s *solver) single(d *need, a alternative) *node {
	if len(a.target.versions) > 0 {
		return a.target
	}
	for _, p := range s.providers(a.target) {
		if p.by.node != d.owner.node {
			return p.by.node
		}
	}
	return a.target
}
