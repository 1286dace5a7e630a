package requirements

import (
	"io"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/toml"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// ParsePylock reads the pins of a pylock.toml (PEP 751) that hold in env, in
// file order. Every package must have wheels with a SHA-256; a lock that isn't
// meant for env is refused. All that is wrong is in one error.
func ParsePylock(path string, r io.Reader, env pep508.Environment, opt LockOptions) ([]Pin, error) {
	l, err := parsePylock(path, r, env, Supplied{}, opt)
	if err != nil {
		return nil, err
	}
	return l.Pins, nil
}

func parsePylock(path string, r io.Reader, env pep508.Environment, supplied Supplied, opt LockOptions) (*Lock, error) {
	d := &document{path: path, env: env, supplied: supplied}
	root, err := d.parse(r)
	if err != nil {
		return nil, err
	}
	groups := opt.Groups
	if groups == nil {
		groups = list[string](d, root, "default-groups")
	}
	if d.pylockHead(root, opt) {
		var pins []Pin
		for _, t := range list[*toml.Table](d, root, "packages") {
			if p, ok := d.pylockPackage(t, opt.Extras, groups); ok {
				pins = append(pins, p)
			}
		}
		d.unique(pins)
		l := &Lock{Pins: pins, Steering: d.pylockSteering(root)}
		if len(d.problems) == 0 {
			return l, nil
		}
	}
	return nil, d.err()
}

// pylockHead checks version, environments and extras; false means that reading
// on makes no sense.
func (d *document) pylockHead(root *toml.Table, opt LockOptions) bool {
	text := d.text(root, "lock-version")
	version, err := pep440.Parse(text)
	if err != nil || len(version.Release()) == 0 || version.Release()[0] != "1" || version.Epoch() != "0" {
		d.fail(nil, KindSyntax, "", "unsupported lock-version %.20q, only 1.0 is supported", text)
		return false
	}
	d.requiresPython(root, "")
	d.environments(root, "environments")
	known := list[string](d, root, "extras")
	for _, extra := range opt.Extras {
		if !slices.ContainsFunc(known, func(k string) bool { return pep508.NormalizeName(k) == pep508.NormalizeName(extra) }) {
			d.fail(nil, KindTarget, "", "has no extra %.40q", extra)
		}
	}
	known = list[string](d, root, "dependency-groups")
	for _, group := range opt.Groups {
		if !slices.Contains(known, group) && !slices.Contains(list[string](d, root, "default-groups"), group) {
			d.fail(nil, KindTarget, "", "has no dependency group %.40q", group)
		}
	}
	return true
}

// environments checks that one of a list of markers holds, where there is one.
func (d *document) environments(root *toml.Table, key string) {
	markers := list[string](d, root, key)
	for _, text := range markers {
		m, err := pep508.ParseMarker(text)
		if err == nil {
			var holds bool
			if holds, err = m.EvalLock(d.env, nil, nil); holds && err == nil {
				return
			}
		}
		if err != nil {
			d.fail(nil, KindMarker, key, "%v", err)
			return
		}
	}
	if len(markers) > 0 {
		d.fail(nil, KindTarget, "", "made for different environments: %s", shorten(strings.Join(markers, " | ")))
	}
}

// pylockPackage reads one package; ok is false when it doesn't hold or is
// wrong.
func (d *document) pylockPackage(t *toml.Table, extras, groups []string) (p Pin, ok bool) {
	if p, ok = d.newPin(t); !ok {
		return Pin{}, false
	}
	if text := d.text(t, "marker"); text != "" {
		m, err := pep508.ParseMarker(text)
		holds := false
		if err == nil {
			holds, err = m.EvalLock(d.env, extras, groups)
		}
		if err != nil {
			d.fail(t, KindMarker, p.Name, "%v", err)
		}
		if !holds || err != nil {
			return Pin{}, false
		}
	}
	d.requiresPython(t, p.Name)
	wheels := d.pylockWheels(t)
	switch {
	case d.supplied.has(p.Name) && len(wheels) == 0:
		p.Supplied = true
		if t.Get("directory") != nil {
			p.Version, p.VersionText = pep440.Version{}, "" // as the directory says now
		}
		return p, true
	case t.Get("vcs") != nil:
		d.fail(t, KindRepository, p.Name, "a repository is not a wheel")
		return Pin{}, false
	case t.Get("directory") != nil:
		d.fail(t, KindDirectory, p.Name, "a project's directory is not a wheel")
		return Pin{}, false
	case t.Get("archive") != nil:
		archive := d.pylockWheel(d.table(t, "archive"))
		if !strings.HasSuffix(fileName(archive.URL, archive.Path), ".whl") {
			d.fail(t, KindSource, p.Name, "a source archive is not a wheel")
			return Pin{}, false
		}
		wheels = append(wheels, archive)
		p.URL, p.Path = archive.URL, archive.Path
	case len(wheels) == 0:
		d.fail(t, KindSource, p.Name, "has no wheels, only source")
		return Pin{}, false
	}
	return p, d.addWheels(&p, wheels)
}

func (d *document) pylockWheels(t *toml.Table) []lockedWheel {
	tables := list[*toml.Table](d, t, "wheels")
	wheels := make([]lockedWheel, 0, len(tables))
	for _, w := range tables {
		wheels = append(wheels, d.pylockWheel(w))
	}
	return wheels
}

func (d *document) pylockWheel(t *toml.Table) lockedWheel {
	w := lockedWheel{table: t}
	if t == nil {
		return w
	}
	w.Wheel = Wheel{Name: d.text(t, "name"), URL: d.text(t, "url"), Path: d.text(t, "path"), Size: d.size(t)}
	hashes := d.table(t, "hashes")
	for _, algorithm := range [...]string{"sha256", "sha384", "sha512"} { // others are too weak
		digits := d.text(hashes, algorithm)
		if digits == "" {
			continue
		}
		hash, err := parseHash(algorithm + ":" + digits)
		if err != nil {
			d.fail(t, KindHash, "", "%v", err)
			continue
		}
		w.Hashes = append(w.Hashes, hash)
	}
	return w
}
