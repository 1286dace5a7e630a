package pep440

import "strings"

// ContainsText reports whether a version as written satisfies the clause,
// pre-releases included. Text that is not a version matches only "===".
func (s Specifier) ContainsText(text string) bool {
	v, err := Parse(text)
	return (err == nil || s.op == OpArbitrary) && s.contains(v, text)
}

// contains answers by version order alone, without any pre-release policy.
// text is what "===" compares.
func (s Specifier) contains(v Version, text string) bool {
	switch s.op {
	case OpArbitrary:
		// Lower-casing, as Python does it, equates less than full case folding.
		have, want := strings.ToLower(text), strings.ToLower(s.text)
		return have == want
	case OpEqual:
		return s.equals(v)
	case OpNotEqual:
		return !s.equals(v)
	case OpCompatible:
		return v.Compare(s.version) >= 0 && hasPrefix(v, s.version.epoch, s.version.release[:len(s.version.release)-1])
	case OpGreaterEqual:
		return v.Compare(s.version) >= 0
	case OpLessEqual:
		return v.Public().Compare(s.version) <= 0
	case OpLess:
		return v.Compare(s.lessBound()) < 0
	case OpGreater:
		return s.exceededBy(v)
	}
	return false
}

// equals implements "==": a local label of v counts only when the clause names
// one too.
func (s Specifier) equals(v Version) bool {
	if s.wildcard {
		return hasPrefix(v, s.version.epoch, s.version.release)
	}
	if !s.version.IsLocal() {
		v = v.Public()
	}
	return v.Equal(s.version)
}

// lessBound is the version below which "<" holds: pre-releases of a final
// version are not less than it.
func (s Specifier) lessBound() Version {
	bound := s.version
	if !bound.IsPrerelease() {
		bound.dev, bound.hasDev = "0", true
	}
	return bound
}

// exceededBy implements ">": neither local labels nor, unless the clause names
// one itself, post-releases of the same version are greater than it.
func (s Specifier) exceededBy(v Version) bool {
	v = v.Public()
	if v.Compare(s.version) <= 0 {
		return false
	}
	if s.version.hasPost || s.version.hasDev || !v.hasPost {
		return true
	}
	family := v
	family.post, family.hasPost, family.dev, family.hasDev = "", false, "", false
	return !family.Equal(s.version)
}

// hasPrefix reports whether v is in epoch and its release, padded with zeros,
// starts with prefix.
func hasPrefix(v Version, epoch Number, prefix []Number) bool {
	if v.epoch.Compare(epoch) != 0 {
		return false
	}
	for i, n := range prefix {
		var have Number
		if i < len(v.release) {
			have = v.release[i]
		}
		if have.Compare(n) != 0 {
			return false
		}
	}
	return true
}
