// Package dependency reads the fields of Debian packages that name other
// packages (Debian Policy 7.1, deb-control(5)): Depends, Conflicts, Provides
// and their like.
//
// Start with [Parse], and [Relation.Matches] for whether a version will do.
package dependency

import (
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/version"
)

// Op is how a version is compared.
type Op string

// The operators of Debian Policy 7.1; None is for a relation that takes any
// version.
const (
	None           Op = ""
	Earlier        Op = "<<"
	EarlierOrEqual Op = "<="
	Equal          Op = "="
	LaterOrEqual   Op = ">="
	Later          Op = ">>"
)

// Relation is a package that is named, with the versions that will do.
type Relation struct {
	Name string
	// Qualifier is the architecture after the name's colon, "any" or "native" too;
	// empty where there is none.
	Qualifier string
	Op        Op
	// Version belongs to Op; empty with None.
	Version string
}

// Matches reports whether a version will do.
func (r Relation) Matches(v string) bool {
	if r.Op == None {
		return true
	}
	c := version.Compare(v, r.Version)
	switch r.Op { //nolint:exhaustive // None is above
	case Earlier:
		return c < 0
	case EarlierOrEqual:
		return c <= 0
	case Equal:
		return c == 0
	case LaterOrEqual:
		return c >= 0
	case Later:
		return c > 0
	}
	return false
}

// String writes the relation as it is in control files.
func (r Relation) String() string {
	s := r.Name
	if r.Qualifier != "" {
		s += ":" + r.Qualifier
	}
	if r.Op != None {
		s += " (" + string(r.Op) + " " + r.Version + ")"
	}
	return s
}

// Group is what any one of several relations fulfils, the better ones first.
type Group []Relation

// String writes the group with bars between its relations.
func (g Group) String() string {
	parts := make([]string, len(g))
	for i, r := range g {
		parts[i] = r.String()
	}
	return strings.Join(parts, " | ")
}

// maxLength bounds a field in bytes; the longest have some 40,000.
const maxLength = 1 << 20

// Parse reads a field's value: groups with commas between them, of which each
// must be fulfilled. An empty value, and a comma at the end, are fine.
// Restrictions to architectures and build profiles, which belong to source
// packages, are refused.
func Parse(field string) ([]Group, error) {
	if len(field) > maxLength {
		return nil, fmt.Errorf("the field has more than %d bytes", maxLength)
	}
	var out []Group
	p := parser{rest: field}
	for p.skip(); p.rest != ""; p.skip() {
		var g Group
		for {
			r, err := p.relation()
			if err != nil {
				return nil, err
			}
			g = append(g, r)
			if !p.take('|') {
				break
			}
			p.skip()
		}
		out = append(out, g)
		if p.rest != "" && !p.take(',') {
			return nil, fmt.Errorf("%q follows %q, where a comma should be", shorten(p.rest), g)
		}
	}
	return out, nil
}

// ParseRelation reads one relation, and nothing else.
func ParseRelation(s string) (Relation, error) {
	groups, err := Parse(s)
	if err != nil {
		return Relation{}, err
	}
	if len(groups) != 1 || len(groups[0]) != 1 {
		return Relation{}, fmt.Errorf("%q is not one package", shorten(s))
	}
	return groups[0][0], nil
}

type parser struct{ rest string }

const blanks = " \t\n\r"

func (p *parser) skip() { p.rest = strings.TrimLeft(p.rest, blanks) }

// take takes the character if it is next.
func (p *parser) take(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *parser) relation() (Relation, error) {
	var r Relation
	end := strings.IndexAny(p.rest, blanks+"()|,[]<>")
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	name, qualifier, qualified := strings.Cut(word, ":")
	if err := CheckName(name); err != nil {
		return r, err
	}
	if qualified {
		if strings.Trim(qualifier, lowercase+digits+"-") != "" || qualifier == "" {
			return r, fmt.Errorf("%q has no architecture after its colon", word)
		}
	}
	r.Name, r.Qualifier = name, qualifier
	if p.skip(); p.take('(') {
		if err := p.version(&r); err != nil {
			return r, fmt.Errorf("%q: %w", word, err)
		}
		p.skip()
	}
	return r, nil
}

func (p *parser) version(r *Relation) error {
	inside, after, found := strings.Cut(p.rest, ")")
	if !found {
		return fmt.Errorf("%q has no closing parenthesis", shorten(p.rest))
	}
	p.rest = after
	inside = strings.Trim(inside, blanks)
	op, text := "", inside
	for len(text) > 0 && strings.IndexByte("<=>", text[0]) >= 0 && len(op) < 2 {
		op, text = op+text[:1], text[1:]
	}
	switch op {
	case "<<", "<=", "=", ">=", ">>":
		r.Op = Op(op)
	case "<": // as dpkg: of old, they meant what they don't say
		r.Op = EarlierOrEqual
	case ">":
		r.Op = LaterOrEqual
	case "":
		r.Op = Equal
	default:
		return fmt.Errorf("%q is no comparison of versions", op)
	}
	v, err := version.Parse(text)
	if err != nil {
		return err
	}
	r.Version = v
	return nil
}

const (
	lowercase = "abcdefghijklmnopqrstuvwxyz"
	digits    = "0123456789"
)

// CheckName holds a package's name against Debian Policy 5.6.7: two characters
// at least in new ones, lower-case letters, digits, plus, minus and dots.
// Upper-case letters and underscores, which dpkg takes, are taken, too.
func CheckName(name string) error {
	if name == "" {
		return fmt.Errorf("a package's name is missing")
	}
	for i := range len(name) {
		c := name[i]
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && (i == 0 || strings.IndexByte("+-._", c) < 0) {
			return fmt.Errorf("%q is no package's name: it has the character %q", shorten(name), c)
		}
	}
	return nil
}

// SplitSource takes a Source field apart, "gcc-12 (12.2.0-14)"; version is
// empty where it is the package's own.
func SplitSource(field string) (name, version string) {
	name, rest, _ := strings.Cut(strings.TrimSpace(field), " ")
	rest = strings.TrimSpace(rest)
	if strings.HasPrefix(rest, "(") && strings.HasSuffix(rest, ")") {
		version = strings.TrimSpace(rest[1 : len(rest)-1])
	}
	return name, version
}

func shorten(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
