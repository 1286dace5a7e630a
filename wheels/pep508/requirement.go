package pep508

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/wheels/pep440"
)

// maxLength bounds a requirement, in bytes. The longest in use, with dozens of
// extras, stay under 4 KiB.
const maxLength = 64 << 10

// Requirement is one dependency: a name with a range of versions or a URL, for
// some environments only when it has a marker.
type Requirement struct {
	Name       string   // as written
	Extras     []string // as written, sorted, each once
	Specifiers pep440.Specifiers
	URL        string  // "" when the requirement is by version
	Marker     *Marker // nil when it holds everywhere
}

// ParseRequirement reads a dependency specifier of PEP 508. URLs are taken as
// they stand and not judged. Errors quote at most the part of s that was being
// read and hide what may be a secret in a URL.
func ParseRequirement(s string) (Requirement, error) {
	if len(s) > maxLength {
		return Requirement{}, fmt.Errorf("parsing requirement %.40q: longer than %d bytes", s, maxLength)
	}
	c := &scanner{s: s}
	r, err := c.requirement()
	if err != nil {
		return Requirement{}, fmt.Errorf("parsing requirement %.200q: %w", Redact(s), err)
	}
	return r, nil
}

func (c *scanner) requirement() (Requirement, error) {
	var r Requirement
	var err error
	c.blanks()
	if r.Name = c.identifier(); r.Name == "" {
		return Requirement{}, c.fail("expected a project name")
	}
	c.blanks()
	if r.Extras, err = c.extras(); err != nil {
		return Requirement{}, err
	}
	c.blanks()
	if c.skip("@") {
		err = c.url(&r)
	} else {
		err = c.specifiers(&r)
	}
	if err != nil {
		return Requirement{}, err
	}
	if c.atEnd() {
		return r, nil
	}
	if !c.skip(";") {
		return Requirement{}, c.fail("expected a comma, a semicolon or the end")
	}
	if r.Marker, err = c.marker(); err != nil {
		return Requirement{}, err
	}
	if !c.atEnd() {
		return Requirement{}, c.fail("expected the end of the marker")
	}
	return r, nil
}

func (c *scanner) extras() ([]string, error) {
	if !c.skip("[") {
		return nil, nil
	}
	var extras []string
	for c.blanks(); ; c.blanks() {
		name := c.identifier()
		if name == "" {
			if len(extras) > 0 {
				return nil, c.fail("expected the name of an extra")
			}
			break
		}
		extras = append(extras, name)
		c.blanks()
		if !c.skip(",") {
			break
		}
	}
	c.blanks()
	if !c.skip("]") {
		return nil, c.fail("expected a comma or a closing bracket after the extras")
	}
	slices.Sort(extras)
	return slices.Compact(extras), nil
}

// url reads what follows the "@". A marker must be set off by white space, for
// a semicolon may be part of the URL.
func (c *scanner) url(r *Requirement) error {
	c.blanks()
	end := strings.IndexAny(c.rest(), " \t")
	if end < 0 {
		end = len(c.rest())
	}
	if end == 0 {
		return c.fail("expected a URL")
	}
	r.URL = c.rest()[:end]
	c.i += end
	c.blanks()
	return nil
}

func (c *scanner) specifiers(r *Requirement) error {
	paren := c.skip("(")
	c.blanks()
	var text strings.Builder
	start := c.i
	for {
		n := pep440.ScanSpecifier(c.rest())
		if n == 0 {
			break
		}
		text.WriteString(c.rest()[:n])
		c.i += n
		c.blanks()
		if !c.skip(",") {
			break
		}
		text.WriteByte(',')
		c.blanks()
	}
	c.blanks()
	if paren && !c.skip(")") {
		return c.fail("expected a comma or a closing parenthesis")
	}
	c.blanks()
	var err error
	if r.Specifiers, err = pep440.ParseSpecifiers(text.String()); err != nil {
		c.i = start
		return c.fail("%v", err)
	}
	return nil
}

// String returns the normal form: name, sorted extras, sorted specifiers or
// URL, marker.
func (r Requirement) String() string {
	var b strings.Builder
	b.WriteString(r.Name)
	if len(r.Extras) > 0 {
		b.WriteString("[" + strings.Join(r.Extras, ",") + "]")
	}
	b.WriteString(r.Specifiers.String())
	if r.URL != "" {
		b.WriteString(" @ " + r.URL)
	}
	if r.Marker != nil {
		if r.URL != "" {
			b.WriteByte(' ')
		}
		b.WriteString("; " + r.Marker.String())
	}
	return b.String()
}
