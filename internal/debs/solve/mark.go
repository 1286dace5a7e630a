package solve

import "github.com/assemble-image/assemble/internal/debs/version"

// mode is what is to be done with a package.
type mode int

const (
	keep mode = iota
	install
	remove
)

// state is what has been decided for a package so far.
type state struct {
	// candidate is the version that would be installed; install the one that will
	// be there afterwards.
	candidate, install *release
	mode               mode
	// protected packages were named by the user, or are all that will do for what
	// was named.
	protected bool
	// auto says that nobody named it.
	auto bool
	// why is what first asked for it.
	why Why
	// problem is what the mending knows of it.
	problem problem
	seen    bool // it is in the solver's list
}

// solver holds the decisions.
type solver struct {
	*universe
	opt Options
	// touched are the packages that are installed or were decided about.
	touched []*node
	// base are the installed packages.
	base []*node
}

// touch puts a package in the list.
func (s *solver) touch(n *node) {
	if !n.seen {
		n.seen = true
		s.touched = append(s.touched, n)
	}
}

// isNew reports whether installing the candidate would be no upgrade.
func (n *node) isNew() bool { return n.current == nil }

// upgradable reports whether the candidate is newer than what is installed, or
// the package isn't installed at all.
func (n *node) upgradable() bool {
	return n.candidate != nil && (n.current == nil || version.Compare(n.candidate.Version, n.current.Version) > 0)
}

// important reports whether the need is heeded.
func (s *solver) important(d *need) bool { return d.kind.critical() || s.opt.Recommends }

// broken reports whether a release lacks something that it can't do without,
// among what counts by w.
func (s *solver) broken(r *release, w which) bool {
	if r == nil {
		return false
	}
	for _, d := range s.needs(r) {
		if d.kind.critical() && !s.met(d, w) {
			return true
		}
	}
	return false
}

// unhappy reports whether it lacks something that it should have.
func (s *solver) unhappy(r *release) bool {
	if r == nil {
		return false
	}
	for _, d := range s.needs(r) {
		if s.important(d) && !s.met(d, after) {
			return true
		}
	}
	return false
}

// brokenCount is how many packages will be broken as things stand.
func (s *solver) brokenCount() int {
	count := 0
	for _, n := range s.touched {
		s.steps++
		if s.broken(n.install, after) {
			count++
		}
	}
	return count
}

// mayChange reports whether a package's mode may change: the user's choice
// stands, dpkg's holds are heeded, and what the system can't do without isn't
// removed.
func (s *solver) mayChange(n *node, to mode, depth int, user bool) bool {
	switch {
	case depth > maxDepth || len(n.versions) == 0:
		return false
	case user || n.mode == to:
		return true
	case n.protected, to != keep && n.hold:
		return false
	}
	return to != remove || !n.essential && !n.important
}

// markKeep leaves a package as it is.
func (s *solver) markKeep(n *node, user bool, depth int) bool {
	if !s.mayChange(n, keep, depth, user) {
		return false
	}
	n.mode = keep
	n.install = n.current
	return true
}

// removable reports whether a package may be taken out again: not if the user
// named it.
func (n *node) removable() bool {
	return n.current != nil || n.install == nil || n.auto
}

// markRemove removes a package, or doesn't install it after all.
func (s *solver) markRemove(n *node, depth int, cause Why) bool {
	if !s.mayChange(n, remove, depth, false) {
		return false
	}
	if n.mode == remove || n.install == nil {
		return true
	}
	if !n.removable() {
		return false
	}
	n.mode = keep
	if n.current != nil {
		n.mode = remove
		n.why = cause
	}
	n.install = nil
	return true
}

// protect keeps later decisions from undoing this one.
func (s *solver) protect(n *node) { n.protected = true }

// setCandidate makes another version the one that would be installed.
func (s *solver) setCandidate(r *release) {
	n := r.node
	if n.candidate == n.install && n.mode == install {
		n.install = r
	}
	n.candidate = r
}

// discardCandidate makes what will be there the candidate.
func (s *solver) discardCandidate(n *node) { n.candidate = n.install }

// discardInstall takes a failed installation back, for good.
func (s *solver) discardInstall(n *node) {
	if n.mode == keep && n.install == n.candidate && n.candidate == n.current {
		return
	}
	n.install = n.current
	n.mode = keep
	s.discardCandidate(n)
}
