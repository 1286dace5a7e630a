package resolve

import (
	"strings"
)

// subject names releases of a package as briefly as it can: releases that are
// excluded for other reasons are passed over, so that "a 2.0 and later" may be
// said although a 2.1 was yanked.
func (s *solver) subject(pkg pkgID, in set) string {
	p := s.nodes[pkg].project
	return s.describe(pkg, in, s.installed(p.pkg).minus(p.available).minus(in))
}

// excluded names releases that are excluded, and passes over none: the others
// may be excluded for another reason that is told, too.
func (s *solver) excluded(pkg pkgID, in set) string {
	return s.describe(pkg, in, newSet(s.size[pkg]))
}

// describe names releases of a package, over those that are passed.
func (s *solver) describe(pkg pkgID, in, passed set) string {
	n := s.nodes[pkg]
	p := n.project
	runs := findRuns(len(p.releases), in, passed)
	if len(runs) == 1 && runs[0].fromStart && runs[0].toEnd {
		if p.reported && !passed.empty() {
			return "every other " + n.label()
		}
		return "every " + n.label()
	}
	texts := make([]string, 0, len(runs))
	for _, r := range runs {
		first, last := p.releases[r.first].version.String(), p.releases[r.last].version.String()
		switch {
		case r.first == r.last:
			texts = append(texts, first)
		case r.toEnd:
			texts = append(texts, first+" and later")
		case r.fromStart:
			texts = append(texts, "up to "+last)
		default:
			texts = append(texts, first+" to "+last)
		}
	}
	if len(texts) == 0 {
		return n.label()
	}
	return n.label() + " " + strings.TrimSpace(some(texts, 3))
}

// run is a stretch of releases.
type run struct {
	first, last      int
	fromStart, toEnd bool
}

// findRuns returns the stretches of in, over those that are passed.
func findRuns(n int, in, passed set) []run {
	var runs []run
	open := false
	start := true // nothing but passed ones so far
	for i := range n {
		switch {
		case in.has(i) && open:
			runs[len(runs)-1].last = i
		case in.has(i):
			runs = append(runs, run{first: i, last: i, fromStart: start})
			open = true
		case !passed.has(i):
			open = false
			start = false
		}
	}
	if open {
		runs[len(runs)-1].toEnd = true
	}
	return runs
}
