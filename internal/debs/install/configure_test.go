package install_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/install"
	"github.com/assemble-image/assemble/internal/debs/unpack"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/layers"
)

const status = `Package: tool
Status: install ok installed
Architecture: arm64
Version: 1
Maintainer: M <m@example.com>
Description: an old tool

Package: other
Status: install ok installed
Architecture: arm64
Multi-Arch: same
Version: 1
Maintainer: M <m@example.com>
Description: another package
`

// debian is a base with two packages. /etc/shared is in both lists.
var debian = []embeddedbase.File{
	{Path: "var/lib/dpkg/status", Data: status},
	{Path: "var/lib/dpkg/info/tool.list", Data: "/.\n/usr\n/usr/bin\n/usr/bin/tool\n/usr/lib\n/usr/lib/tool\n/usr/lib/tool/old\n/etc\n/etc/tool.conf\n/etc/shared\n"},
	{Path: "var/lib/dpkg/info/tool.conffiles", Data: "/etc/tool.conf\n"},
	{Path: "var/lib/dpkg/info/other:arm64.list", Data: "/.\n/etc\n/etc/shared\n"},
	{Path: "usr/bin/tool", Data: "1"},
	{Path: "usr/lib/tool/old", Data: "1"},
	{Path: "etc/tool.conf", Data: "1"},
	{Path: "etc/shared", Data: "1"},
}

func configured(t *testing.T, debs ...debtest.Deb) *install.Configured {
	t.Helper()
	files, err := base.ReadFiles(t.Context(), embeddedbase.Image(embeddedbase.Options{Layers: [][]embeddedbase.File{debian}}), base.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var list []*deb.Package
	var all []int
	for i, d := range debs {
		path := filepath.Join(t.TempDir(), d.Name+".deb")
		debtest.Write(t, path, d.Bytes(t))
		p, err := deb.Open(t.Context(), path, deb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		list, all = append(list, p), append(all, i)
	}
	set, err := unpack.New(list, unpack.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
	out, err := install.Configure(t.Context(), set, install.Options{Files: files, Arch: "arm64", Layered: [][]int{all}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func find(t *testing.T, c *install.Configured, path string) layers.Entry {
	t.Helper()
	i := slices.IndexFunc(c.Entries, func(e layers.Entry) bool { return e.Path == path })
	if i < 0 {
		t.Fatalf("there is no %s in %v", path, paths(c))
	}
	return c.Entries[i]
}

func paths(c *install.Configured) []string {
	var list []string
	for _, e := range c.Entries {
		list = append(list, e.Path)
	}
	return list
}

// TestUpgrade replaces a package of the base: what it no longer has goes, but
// for its conffiles and what another package has.
func TestUpgrade(t *testing.T) {
	c := configured(t, debtest.Deb{Name: "tool", Version: "2", Files: []debtest.File{{Path: "usr/bin/tool", Data: "2"}}})
	find(t, c, "usr/lib/.wh.tool")
	for _, p := range paths(c) {
		if strings.HasPrefix(p, "etc/") || p == "usr/bin/tool" {
			t.Errorf("%s is changed", p)
		}
	}
	text := string(find(t, c, "var/lib/dpkg/status").Data)
	if !strings.Contains(text, "Version: 2") || strings.Contains(text, "an old tool") || !strings.Contains(text, "another package") {
		t.Errorf("status:\n%s", text)
	}
}

// TestScripts has a package add an account and an alternative.
func TestScripts(t *testing.T) {
	c := configured(t, debtest.Deb{Name: "demo", Control: map[string]string{"postinst": `#!/bin/sh
set -e
addgroup --system --quiet demo
update-alternatives --install /usr/bin/editor editor /usr/bin/demo 10
compile-things --all
`}, Files: []debtest.File{{Path: "usr/bin/demo", Data: "x", Mode: 0o755}, {Path: "usr/bin/compile-things", Data: "\x7fELF", Mode: 0o755}}})
	if e := find(t, c, "etc/alternatives/editor"); e.Link != "/usr/bin/demo" {
		t.Errorf("%+v", e)
	}
	if e := find(t, c, "usr/bin/editor"); e.Link != "/etc/alternatives/editor" {
		t.Errorf("%+v", e)
	}
	if !strings.Contains(string(c.Group), "\ndemo:") || len(c.Passwd) == 0 {
		t.Errorf("group:\n%s", c.Group)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].String(), "compile-things") {
		t.Errorf("warnings: %v", c.Warnings)
	}
}
