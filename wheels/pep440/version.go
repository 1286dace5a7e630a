package pep440

import (
	"slices"
	"strings"
)

// Version is one parsed PEP 440 version. Values are immutable and safe to
// share. The zero value is not a version; see [Version.IsZero].
type Version struct {
	epoch   Number
	release []Number
	phase   string // "a", "b", "rc", or "" when there is no pre-release part
	pre     Number
	post    Number
	dev     Number
	hasPost bool
	hasDev  bool
	local   []string // normal segments; numeric ones carry no leading zeros
}

// IsZero reports whether v is the zero value, which no parse returns.
func (v Version) IsZero() bool { return len(v.release) == 0 }

// Epoch returns the epoch, 0 when none was written.
func (v Version) Epoch() Number { return Number(v.epoch.text()) }

// Release returns the release numbers as written, trailing zeros included.
func (v Version) Release() []Number { return slices.Clone(v.release) }

// Pre returns the pre-release phase ("a", "b" or "rc") and its number; ok is
// false when v has none.
func (v Version) Pre() (phase string, n Number, ok bool) { return v.phase, v.pre, v.phase != "" }

// Post returns the post-release number; ok is false when v has none.
func (v Version) Post() (n Number, ok bool) { return v.post, v.hasPost }

// Dev returns the development release number; ok is false when v has none.
func (v Version) Dev() (n Number, ok bool) { return v.dev, v.hasDev }

// Local returns the local label in normal form ("" when v has none), without
// the plus sign.
func (v Version) Local() string { return strings.Join(v.local, ".") }

// IsPrerelease reports whether v is an alpha, beta, release candidate or
// development release.
func (v Version) IsPrerelease() bool { return v.phase != "" || v.hasDev }

// IsPostrelease reports whether v has a post-release part.
func (v Version) IsPostrelease() bool { return v.hasPost }

// IsDevrelease reports whether v has a development release part.
func (v Version) IsDevrelease() bool { return v.hasDev }

// IsLocal reports whether v carries a local label.
func (v Version) IsLocal() bool { return len(v.local) > 0 }

// Public returns v without its local label.
func (v Version) Public() Version {
	v.local = nil
	return v
}

// Base returns v with nothing but its epoch and release.
func (v Version) Base() Version { return Version{epoch: v.epoch, release: v.release} }

// trimmed returns the release without trailing zeros, possibly empty.
func (v Version) trimmed() []Number {
	r := v.release
	for len(r) > 0 && r[len(r)-1].isZero() {
		r = r[:len(r)-1]
	}
	return r
}
