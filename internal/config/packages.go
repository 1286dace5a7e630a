package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Packages are the Debian packages that the image gets on top of the base's.
type Packages struct {
	// Install are names, with a version after an equals sign if need be
	// ("libpq5=15.*"); none is what a config without packages has.
	Install []string `yaml:"install"`
	// Recommends says that recommended packages are wanted, too.
	Recommends bool `yaml:"recommends"`
	// Sources are used instead of the base's own; see [Config.PackageSources] and
	// [Config.PackageDirs].
	Sources []string `yaml:"sources"`
	// Keyring has the keys that sign the sources, instead of the base's.
	Keyring Path `yaml:"keyring"`
	// Snapshot is the time at which the archives are to be seen; see
	// [Packages.Time].
	Snapshot string `yaml:"snapshot"`
	// Lock pins the packages.
	Lock Path `yaml:"lock"`
	// Dir is where the packages lie.
	Dir Path `yaml:"dir"`
}

// IsZero reports whether no packages are wanted. Lock and Dir have their
// defaults nevertheless.
func (p *Packages) IsZero() bool { return len(p.Install) == 0 }

// Time returns the time that Snapshot means, zero where there is none.
func (p *Packages) Time() time.Time {
	t, _ := parseSnapshot(p.Snapshot) // which has been validated
	return t
}

// The defaults of the lock and of the directory of packages.
const (
	defaultPackageLock = "packages.lock"
	defaultPackageDir  = "debs"
)

// snapshotForms are how a snapshot's time may be written: by RFC 3339, as a day,
// and as snapshot services have it in their URLs.
var snapshotForms = []string{time.RFC3339, time.DateOnly, "20060102T150405Z"}

func parseSnapshot(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range snapshotForms {
		if t, err := time.Parse(form, s); err == nil && t.Unix() > 0 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2026-11-01T00:00:00Z, 2026-11-01 or 20261101T000000Z", s)
}

// sourceForm is how a source begins that isn't a directory: as in
// sources.list(5), where the word deb may be left out.
var sourceForm = lazyregexp.New(`^(deb\s|deb-src\s|\[|[A-Za-z][A-Za-z0-9+.-]*:)`)

// localSource is the URI of a directory on this machine, with nothing after it.
var localSource = lazyregexp.New(`^(?:file|copy):(?://)?(/\S*)$`)

// PackageSources are the sources that are archives: lines of sources.list(5).
func (c *Config) PackageSources() []string {
	var out []string
	for _, s := range c.Packages.Sources {
		if c.packageDir(s).IsZero() {
			out = append(out, s)
		}
	}
	return out
}

// PackageDirs are the sources that are directories with .deb files.
func (c *Config) PackageDirs() []Path {
	var out []Path
	for _, s := range c.Packages.Sources {
		if dir := c.packageDir(s); !dir.IsZero() {
			out = append(out, dir)
		}
	}
	return out
}

// packageDir is the directory that a source is, the zero Path where it is an
// archive.
func (c *Config) packageDir(source string) Path {
	source = strings.TrimSpace(source)
	if m := localSource.FindStringSubmatch(source); m != nil {
		return Path{Given: source, Abs: NewPath(c.Dir, m[1]).Abs}
	}
	if sourceForm.MatchString(source) {
		return Path{}
	}
	return c.relative("packages.sources", source)
}

// packages decodes the packages from a list of those to install.
func (d *decoder) packages(path string, n ast.Node, v reflect.Value) bool {
	if v.Type() != reflect.TypeFor[Packages]() {
		return false
	}
	if text, ok := textOf(n); ok {
		d.add(tokenOf(n), path, "is a string; it should be a list, [%s], or a mapping with install", strings.Join(strings.Fields(text), ", "))
		return true
	}
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		return false
	}
	d.list(join(path, "install"), s, v.FieldByName("Install"))
	d.mark(join(path, "install"), tokenOf(n))
	return true
}

// fillPackages gives lock and directory their defaults.
func (c *Config) fillPackages() {
	for _, f := range []struct {
		at         *Path
		name, path string
	}{{&c.Packages.Lock, defaultPackageLock, "packages.lock"}, {&c.Packages.Dir, defaultPackageDir, "packages.dir"}} {
		if f.at.IsZero() {
			*f.at = NewPath(c.Dir, f.name)
		}
	}
}

var (
	debForm        = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9+._-]*$`)
	debVersionForm = lazyregexp.New(`^[A-Za-z0-9.+~:-]+\*?$`)
)

// packages checks what is said of Debian packages. What sources say is read
// when they are used, but for their kind.
func (k *checker) packages() {
	taken := map[string]int{}
	for i, text := range k.c.Packages.Install {
		field := fmt.Sprintf("packages.install[%d]", i)
		name, version, hasVersion := strings.Cut(strings.TrimSpace(text), "=")
		before, again := taken[name]
		switch {
		case debForm.MatchString(strings.TrimRight(name, "<>=!~ ")) && strings.ContainsAny(name, "<>!~ "), strings.HasPrefix(version, "="), strings.HasPrefix(version, " "):
			k.add(field, "%q has an operator; a version is written as libpq5=15.12-0, its beginning as libpq5=15.*", text)
		case strings.Contains(name, "/"):
			k.add(field, "%q names a suite; give a source a pin-priority instead", text)
		case strings.Contains(name, ":"):
			k.add(field, "%q names an architecture, which is platform's", text)
		case !debForm.MatchString(name):
			k.add(field, "%q is not a Debian package such as libgl1 or libpq5=15.*", text)
		case hasVersion && !debVersionForm.MatchString(version):
			k.add(field, "%q is not a version, nor the beginning of one with an asterisk", version)
		case again:
			k.add(field, "%q is listed twice, first as packages.install[%d]", name, before)
		}
		if !again {
			taken[name] = i
		}
	}
	for i, s := range k.c.Packages.Sources {
		k.packageSource(fmt.Sprintf("packages.sources[%d]", i), strings.TrimSpace(s))
	}
	if _, err := parseSnapshot(k.c.Packages.Snapshot); err != nil {
		k.add("packages.snapshot", "%s", err)
	}
}

// packageSource checks one source. It isn't repeated: it may hold a password.
func (k *checker) packageSource(field, s string) {
	switch {
	case s == "":
		k.add(field, "is empty")
	case strings.ContainsFunc(s, isControl):
		k.add(field, "contains a control character")
	case strings.HasPrefix(s, "deb-src"):
		k.add(field, "is a source of source packages")
	case k.c.packageDir(s).IsZero() && len(strings.Fields(s)) < 2:
		k.add(field, "lacks a suite, as in http://deb.debian.org/debian bookworm main")
	}
}
