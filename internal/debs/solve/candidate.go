package solve

import (
	"cmp"
	"slices"

	"github.com/assemble-image/assemble/internal/debs/version"
)

// downgradePriority is the pin from which an older version replaces the
// installed one (apt_preferences(5)).
const downgradePriority = 1000

// choose returns the package's candidate: the highest of the versions with the
// weightiest pin. Versions older than the installed one count from a pin of
// 1000 on, and those with a pin of 0 or less never. A version to keep is the
// candidate if it is one of those that could be.
func (n *node) choose(kept string) *release {
	var best *release
	for _, r := range n.versions {
		if r.priority <= 0 {
			continue
		}
		if n.current != nil && r.priority < downgradePriority && version.Compare(r.Version, n.current.Version) < 0 {
			continue
		}
		if r.Version == kept {
			return r
		}
		if best == nil || r.priority > best.priority {
			best = r
		}
	}
	return best
}

// solutions returns the releases that would meet a need and count by w, the
// best first: alternatives in their order, those of packages that are
// installed before the others.
func (s *solver) solutions(d *need, w which) []*release {
	var installed, others []*release
	seen := map[*release]bool{}
	for _, a := range d.any {
		var found []*release
		s.targets(d, a, w, func(r *release) bool {
			if !seen[r] {
				seen[r] = true
				found = append(found, r)
			}
			return true
		})
		slices.SortStableFunc(found, func(x, y *release) int { return preferred(a.target, x, y) })
		for _, r := range found {
			if r.node.current != nil {
				installed = append(installed, r)
			} else {
				others = append(others, r)
			}
		}
	}
	var out []*release
	for _, r := range append(installed, others...) {
		refused := !d.kind.negative() && r.node.protected && (r.node.mode == remove || r.node.mode == keep && r.node.current == nil)
		if !refused {
			out = append(out, r)
		}
	}
	return out
}

// preferred orders two releases that provide what the target names: what the
// user named, what is installed, the very package, essential ones, by
// priority; and the one that apt read of last.
func preferred(target *node, a, b *release) int {
	x, y := a.node, b.node
	first := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	return cmp.Or(
		first(x.protected, y.protected),
		first(a.MultiArch == "same" && x.current != nil, b.MultiArch == "same" && y.current != nil),
		first(x.current != nil, y.current != nil),
		first(x == target, y == target),
		first(x.essential, y.essential),
		first(x.important, y.important),
		cmp.Compare(a.Priority, b.Priority),
		cmp.Compare(y.rank, x.rank),
	)
}
