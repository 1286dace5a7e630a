package requirements

import (
	"net/url"
	"path"

	"github.com/assemble-image/assemble/internal/toml"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// lockedWheel is a wheel as a lock lists it, before it is checked.
type lockedWheel struct {
	Wheel
	table *toml.Table
}

// newPin starts the pin of a lock's package. Its name and version are checked.
func (d *document) newPin(t *toml.Table) (Pin, bool) {
	p := Pin{Name: d.text(t, "name"), VersionText: d.text(t, "version"), File: d.path, Line: t.Line}
	if !pep508.ValidName(p.Name) {
		d.fail(t, KindSyntax, p.Name, "not a valid project name")
		return Pin{}, false
	}
	p.Normalized = pep508.NormalizeName(p.Name)
	if p.VersionText == "" {
		return p, true
	}
	var err error
	if p.Version, err = pep440.Parse(p.VersionText); err != nil {
		d.fail(t, KindSyntax, p.Name, "%v", err)
		return Pin{}, false
	}
	return p, true
}

// addWheels checks the wheels of a pin against its name and version and takes
// them over.
func (d *document) addWheels(p *Pin, wheels []lockedWheel) bool {
	ok := true
	for _, w := range wheels {
		if w.Name == "" {
			w.Name = fileName(w.URL, w.Path)
		}
		name, err := tags.ParseFilename(w.Name)
		switch {
		case err != nil:
			d.fail(w.table, KindURL, p.Name, "%v", err)
		case name.Normalized != p.Normalized:
			d.fail(w.table, KindURL, p.Name, "lists a wheel of a different project, %s", name.Normalized)
		case !p.Version.IsZero() && !name.Version.Equal(p.Version):
			d.fail(w.table, KindURL, p.Name, "lists a wheel of a different version, %s", name.VersionText)
		case len(w.Hashes) == 0:
			d.fail(w.table, KindUnhashed, p.Name, "no sha256, sha384 or sha512 for %s", w.Name)
		default:
			if p.Version.IsZero() {
				p.Version, p.VersionText = name.Version, name.VersionText
			}
			p.Hashes = append(p.Hashes, w.Hashes...)
			p.Wheels = append(p.Wheels, w.Wheel)
			continue
		}
		ok = false
	}
	p.Hashes = distinct(p.Hashes)
	return ok
}

// fileName returns the last part of a URL's path, decoded once, or of a path.
func fileName(location, file string) string {
	if location == "" {
		return path.Base(file)
	}
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	base, err := url.PathUnescape(path.Base(u.EscapedPath()))
	if err != nil {
		return ""
	}
	return base
}

// unique refuses a second pin of one project.
func (d *document) unique(pins []Pin) {
	first := make(map[string]int, len(pins))
	for _, p := range pins {
		if line, found := first[p.Normalized]; found {
			d.add(d.path, p.Line, p.Name, KindDuplicate, "%s is already listed on line %d", p.Normalized, line)
			continue
		}
		first[p.Normalized] = p.Line
	}
}

// requiresPython checks a range of Python versions against the target's.
func (d *document) requiresPython(t *toml.Table, text string) {
	spec := d.text(t, "requires-python")
	if spec == "" {
		return
	}
	set, err := pep440.ParseSpecifiers(spec)
	if err != nil {
		d.fail(t, KindSyntax, text, "%v", err)
		return
	}
	if !set.ContainsText(d.env.PythonFullVersion, pep440.PrereleasesAllow) {
		d.fail(t, KindTarget, text, "requires Python %s, the target has %s", spec, d.env.PythonFullVersion)
	}
}
