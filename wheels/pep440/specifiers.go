package pep440

import (
	"fmt"
	"slices"
	"strings"
)

// Prereleases says what to make of pre-releases that fit by number.
type Prereleases int

const (
	// PrereleasesAuto takes the default of the PEP: a pre-release is taken where
	// the clauses name one, or where nothing else fits. A single version has no
	// others beside it, so Contains takes it; Filter looks at all of them.
	PrereleasesAuto Prereleases = iota
	// PrereleasesAllow takes pre-releases like any version.
	PrereleasesAllow
	// PrereleasesDeny never takes a pre-release.
	PrereleasesDeny
)

// Specifiers is a set of clauses that must all hold. The zero value is the
// empty set, which holds every version.
type Specifiers struct {
	clauses []Specifier // sorted by their text
}

// ParseSpecifiers reads clauses separated by commas. Empty clauses are skipped,
// so "" and ">=1," are valid.
func ParseSpecifiers(s string) (Specifiers, error) {
	if len(s) > maxLength {
		return Specifiers{}, fmt.Errorf("parsing specifiers %.40q: longer than %d bytes", s, maxLength)
	}
	var clauses []Specifier
	for clause := range strings.SplitSeq(s, ",") {
		clause = trimSpace(clause)
		if clause == "" {
			continue
		}
		spec, err := ParseSpecifier(clause)
		if err != nil {
			return Specifiers{}, err
		}
		clauses = append(clauses, spec)
	}
	sortClauses(clauses)
	return Specifiers{clauses: clauses}, nil
}

// Exactly returns the set that holds v alone ("==" and its normal form; local
// builds of v count as v).
func Exactly(v Version) Specifiers {
	return Specifiers{clauses: []Specifier{{op: OpEqual, text: v.String(), version: v, valid: true}}}
}

func sortClauses(clauses []Specifier) {
	slices.SortStableFunc(clauses, func(a, b Specifier) int { return strings.Compare(a.String(), b.String()) })
}

// And returns the set in which the clauses of both hold, each meaning once.
func (s Specifiers) And(o Specifiers) Specifiers {
	clauses := slices.Concat(s.clauses, o.clauses)
	sortClauses(clauses)
	seen := make(map[string]bool, len(clauses))
	return Specifiers{clauses: slices.DeleteFunc(clauses, func(c Specifier) bool {
		key := c.canonical()
		double := seen[key]
		seen[key] = true
		return double
	})}
}

// Clauses returns the clauses in normal order.
func (s Specifiers) Clauses() []Specifier { return slices.Clone(s.clauses) }

// IsEmpty reports whether s has no clause and so holds every version.
func (s Specifiers) IsEmpty() bool { return len(s.clauses) == 0 }

// String returns the normal form: clauses sorted by their text, joined with
// commas, versions as written.
func (s Specifiers) String() string {
	texts := make([]string, len(s.clauses))
	for i, c := range s.clauses {
		texts[i] = c.String()
	}
	return strings.Join(texts, ",")
}

// Pinned returns the version that a single "==" clause without a wildcard
// names; ok is false for any other set. A "===" clause counts when its text is
// a version.
func (s Specifiers) Pinned() (v Version, ok bool) {
	if len(s.clauses) != 1 {
		return Version{}, false
	}
	c := s.clauses[0]
	if c.op != OpArbitrary && (c.op != OpEqual || c.wildcard) {
		return Version{}, false
	}
	return c.version, c.valid
}

// PinsExactly reports whether a clause pins one version with == or ===, whatever
// others there are. It is what PEP 592 takes yanked releases for, by pip's
// reading.
func (s Specifiers) PinsExactly() bool {
	return slices.ContainsFunc(s.clauses, func(c Specifier) bool {
		return c.op == OpArbitrary || c.op == OpEqual && !c.wildcard
	})
}

// NamesPrerelease reports whether a clause names a pre-release, which asks for
// pre-releases by itself.
func (s Specifiers) NamesPrerelease() bool {
	return slices.ContainsFunc(s.clauses, Specifier.namesPrerelease)
}

// Contains reports whether v is in the set under the given policy.
func (s Specifiers) Contains(v Version, pre Prereleases) bool {
	if pre == PrereleasesDeny && v.IsPrerelease() {
		return false
	}
	text := ""
	for _, c := range s.clauses {
		if c.op == OpArbitrary && text == "" {
			text = v.String()
		}
		if !c.contains(v, text) {
			return false
		}
	}
	return true
}

// ContainsText is Contains for a version as written. "===" compares the text
// itself, in any case; text that is not a version matches only "===" clauses.
func (s Specifiers) ContainsText(text string, pre Prereleases) bool {
	v, err := Parse(text)
	if err == nil && pre == PrereleasesDeny && v.IsPrerelease() {
		return false
	}
	for _, c := range s.clauses {
		if err != nil && c.op != OpArbitrary || !c.contains(v, text) {
			return false
		}
	}
	return true
}

// Filter returns the versions in the set, in their order. With PrereleasesAuto,
// pre-releases are left out when no clause names one and a final release fits.
func (s Specifiers) Filter(versions []Version, pre Prereleases) []Version {
	if pre == PrereleasesAuto && s.NamesPrerelease() {
		pre = PrereleasesAllow
	}
	var fits []Version
	final := false
	for _, v := range versions {
		if s.Contains(v, pre) {
			fits = append(fits, v)
			final = final || !v.IsPrerelease()
		}
	}
	if pre == PrereleasesAuto && final {
		fits = slices.DeleteFunc(fits, Version.IsPrerelease)
	}
	return fits
}
