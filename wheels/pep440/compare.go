package pep440

import (
	"cmp"
	"slices"
	"strings"
)

// Compare returns -1, 0 or +1 in the total order of PEP 440: epoch, release
// (trailing zeros ignored), then dev < a < b < rc < final < post, then local
// labels.
func (v Version) Compare(o Version) int {
	if c := v.epoch.Compare(o.epoch); c != 0 {
		return c
	}
	if c := slices.CompareFunc(v.trimmed(), o.trimmed(), Number.Compare); c != 0 {
		return c
	}
	if c := v.compareSuffix(o); c != 0 {
		return c
	}
	return slices.CompareFunc(v.local, o.local, compareSegment)
}

// Equal reports whether v and o are the same version, whatever their spelling.
func (v Version) Equal(o Version) bool { return v.Compare(o) == 0 }

func (v Version) compareSuffix(o Version) int {
	if c := cmp.Compare(v.preRank(), o.preRank()); c != 0 {
		return c
	}
	if c := v.pre.Compare(o.pre); c != 0 {
		return c
	}
	if c := compareBool(v.hasPost, o.hasPost); c != 0 {
		return c
	}
	if c := v.post.Compare(o.post); c != 0 {
		return c
	}
	// A development release comes before the release that it leads to.
	if c := compareBool(!v.hasDev, !o.hasDev); c != 0 {
		return c
	}
	return v.dev.Compare(o.dev)
}

// preRank orders 1.0.dev1 < 1.0a1 < 1.0b1 < 1.0rc1 < 1.0 and 1.0.post1.
func (v Version) preRank() int {
	switch {
	case v.phase == "a":
		return 1
	case v.phase == "b":
		return 2
	case v.phase == "rc":
		return 3
	case v.hasDev && !v.hasPost:
		return 0
	}
	return 4
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// compareSegment orders local label segments: text before numbers, text by its
// letters, numbers by value.
func compareSegment(a, b string) int {
	na, nb := isDigits(a), isDigits(b)
	switch {
	case na && nb:
		return Number(a).Compare(Number(b))
	case na != nb:
		return compareBool(na, nb)
	}
	return strings.Compare(a, b)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
