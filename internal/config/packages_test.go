package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPackages(t *testing.T) {
	defaults := Packages{Lock: conf("packages.lock"), Dir: conf("debs")}
	with := func(change func(*Packages)) Packages {
		p := defaults
		change(&p)
		return p
	}
	for text, want := range map[string]Packages{
		"":                                       defaults,
		"packages:":                              defaults,
		"packages: []":                           with(func(p *Packages) { p.Install = []string{} }),
		"packages: [libgl1, libpq5=15.*]":        with(func(p *Packages) { p.Install = []string{"libgl1", "libpq5=15.*"} }),
		"packages: {install: [g++]}":             with(func(p *Packages) { p.Install = []string{"g++"} }),
		"packages:\n  - libgl1\n  - tzdata":      with(func(p *Packages) { p.Install = []string{"libgl1", "tzdata"} }),
		"packages: {recommends: true}":           with(func(p *Packages) { p.Recommends = true }),
		"packages: {lock: l, dir: ../d}":         with(func(p *Packages) { p.Lock, p.Dir = conf("l"), conf("../d") }),
		"packages: {keyring: k.gpg}":             with(func(p *Packages) { p.Keyring = conf("k.gpg") }),
		"packages: {snapshot: 2026-11-01}":       with(func(p *Packages) { p.Snapshot = "2026-11-01" }),
		"packages: {sources: ['http://h/ s m']}": with(func(p *Packages) { p.Sources = []string{"http://h/ s m"} }),
	} {
		got, err := Parse("/conf/assemble.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got.Packages); diff != "" {
			t.Errorf("%s: -want +got\n%s", text, diff)
		}
		if got.Packages.IsZero() != (len(want.Install) == 0) {
			t.Errorf("%s: IsZero is %v", text, got.Packages.IsZero())
		}
	}
}

func TestPackagesProblems(t *testing.T) {
	for text, want := range map[string]string{
		"packages: libgl1 tzdata":                       "packages: is a string; it should be a list, [libgl1, tzdata], or a mapping with install",
		"packages: 7":                                   "packages: is a number; it should be a mapping",
		"packages: {instal: [a]}":                       "did you mean",
		"packages: [a, b, a]":                           `packages.install[2]: "a" is listed twice, first as packages.install[0]`,
		"packages: [a, a=1]":                            "listed twice",
		"packages: ['libpq5>=15']":                      "has an operator",
		"packages: ['libpq5==15']":                      "has an operator",
		"packages: ['libpq5 = 15']":                     "has an operator",
		"packages: [a/sid]":                             "names a suite",
		"packages: ['a:i386']":                          "names an architecture",
		"packages: ['']":                                "is not a Debian package",
		"packages: [-f]":                                "is not a Debian package",
		"packages: ['a b']":                             "a b",
		"packages: ['a=']":                              `"" is not a version`,
		"packages: ['a=1_2']":                           `"1_2" is not a version`,
		"packages: ['a=1*2']":                           `"1*2" is not a version`,
		"packages: [[a]]":                               "packages.install[0]: is a list",
		"packages: {snapshot: yesterday}":               `packages.snapshot: "yesterday" is not a time such as`,
		"packages: {sources: ['']}":                     "packages.sources[0]: is empty",
		"packages: {sources: ['http://u:pw@h/']}":       "packages.sources[0]: lacks a suite",
		"packages: {sources: ['deb-src http://h s m']}": "source packages",
		"packages: {keyring: [a]}":                      "packages.keyring: is a list",
	} {
		_, err := Parse("/conf/assemble.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestPackageFlags(t *testing.T) {
	c, err := Parse("/conf/assemble.yaml", []byte("packages: [a, b]"))
	if err != nil {
		t.Fatal(err)
	}
	cwd := t.TempDir()
	for path, values := range map[string][]string{
		"packages.install": {"c", "d=1"}, "packages.dir": {"d"}, "packages.sources": {"here", "file:/srv/debs", "http://h s m"}, "packages.recommends": {"true"},
	} {
		if err := c.Set(path, cwd, values...); err != nil {
			t.Error(err)
		}
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if got := c.Packages; !cmp.Equal(got.Install, []string{"c", "d=1"}) || got.Dir.Abs != filepath.Join(cwd, "d") || !got.Recommends {
		t.Errorf("got %+v", got)
	}
	if err := c.Set("packages.sources", cwd, "[trusted=yes] http://h s m"); err != nil || c.Packages.Sources[0] != "[trusted=yes] http://h s m" {
		t.Errorf("got %q, %v", c.Packages.Sources, err)
	}
	if err := c.Set("packages.sources", cwd, `["a", "b"]`); err != nil || len(c.Packages.Sources) != 2 {
		t.Errorf("got %q, %v", c.Packages.Sources, err)
	}
	if err := c.Set("packages.install", cwd, "c/x"); err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "--package: ") {
		t.Errorf("got %v", err)
	}
}

func TestPackageSources(t *testing.T) {
	c, err := Parse("/conf/assemble.yaml", []byte(`packages: {sources: [debs/, my debs, 'file:///srv/x', 'copy:/srv/y', 'deb http://h s m', '[trusted=yes] http://h s m', 'http://h s m', 'file:/srv s m', /abs]}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"deb http://h s m", "[trusted=yes] http://h s m", "http://h s m", "file:/srv s m"}, c.PackageSources()); diff != "" {
		t.Error(diff)
	}
	var dirs []string
	for _, d := range c.PackageDirs() {
		dirs = append(dirs, d.Abs)
	}
	if diff := cmp.Diff([]string{"/conf/debs", "/conf/my debs", "/srv/x", "/srv/y", "/abs"}, dirs); diff != "" {
		t.Error(diff)
	}
}

func TestSnapshotTime(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"": {}, "2026-11-01": at, "2026-11-01T00:00:00Z": at, "2026-11-01T01:00:00+01:00": at, "20261101T000000Z": at,
	} {
		p := Packages{Snapshot: text}
		if got := p.Time(); !got.Equal(want) {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
