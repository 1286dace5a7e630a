package pep440

import "strings"

// String returns the normal form of PEP 440, such as "1!2.0rc1.post2+cpu.3".
// Parsing it again yields an identical value.
func (v Version) String() string { return v.format(v.release) }

// Canonical returns the normal form with trailing zeros stripped from the
// release, so that equal versions have equal canonical forms.
func (v Version) Canonical() string {
	r := v.trimmed()
	if len(r) == 0 && len(v.release) > 0 {
		r = v.release[:1]
	}
	return v.format(r)
}

func (v Version) format(release []Number) string {
	var b strings.Builder
	if !v.epoch.isZero() {
		b.WriteString(v.epoch.text())
		b.WriteByte('!')
	}
	for i, n := range release {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(n.text())
	}
	if v.phase != "" {
		b.WriteString(v.phase)
		b.WriteString(v.pre.text())
	}
	if v.hasPost {
		b.WriteString(".post")
		b.WriteString(v.post.text())
	}
	if v.hasDev {
		b.WriteString(".dev")
		b.WriteString(v.dev.text())
	}
	for i, segment := range v.local {
		if i == 0 {
			b.WriteByte('+')
		} else {
			b.WriteByte('.')
		}
		b.WriteString(segment)
	}
	return b.String()
}
