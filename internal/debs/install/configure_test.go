package install_test

import (
	"errors"
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
	out, err := configure(t, debs...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func configure(t *testing.T, debs ...debtest.Deb) (*install.Configured, error) {
	t.Helper()
	img := embeddedbase.Image(embeddedbase.Options{Layers: [][]embeddedbase.File{debian}})
	files, err := base.ReadFiles(t.Context(), img, base.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cf, err := img.ConfigFile()
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
	return install.Configure(t.Context(), set, install.Options{Files: files, Config: cf, Arch: "arm64", Layered: [][]int{all}, Jobs: 2})
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
	if !strings.Contains(string(c.Upon.Group), "\ndemo:") || len(c.Upon.Passwd) == 0 {
		t.Errorf("group:\n%s", c.Upon.Group)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].String(), "compile-things") {
		t.Errorf("warnings: %v", c.Warnings)
	}
}

// TestTaken replaces a file of another package of the base: its list no longer
// has the file. What doesn't say so is refused.
func TestTaken(t *testing.T) {
	demo := debtest.Deb{Name: "demo", Fields: "Replaces: tool (<< 2)\n", Files: []debtest.File{{Path: "usr/bin/tool", Data: "mine"}}}
	c := configured(t, demo)
	if list := string(find(t, c, "var/lib/dpkg/info/tool.list").Data); strings.Contains(list, "/usr/bin/tool\n") || !strings.Contains(list, "/usr/lib/tool/old\n") {
		t.Errorf("list:\n%s", list)
	}
	demo.Fields = "Replaces: tool (<< 1)\n"
	var overwrite *unpack.OverwriteError
	if _, err := configure(t, demo); !errors.As(err, &overwrite) {
		t.Errorf("error %v", err)
	}
}

// TestUpon finds a package's programs, libraries and directories afterwards.
func TestUpon(t *testing.T) {
	c := configured(t, debtest.Deb{Name: "demo", Control: map[string]string{"postinst": "#!/bin/sh\nmkdir /usr/share/made\n"}, Files: []debtest.File{
		{Path: "usr/bin/demo", Data: "x", Mode: 0o755}, {Path: "usr/lib/libdemo.so.1.2", Data: "x"}, {Path: "usr/lib/libdemo.so.1", Link: "libdemo.so.1.2"},
	}})
	if !slices.Contains(c.Upon.Programs["/usr/bin"], "demo") || !slices.Contains(c.Upon.Libraries, "libdemo.so.1") || !slices.Contains(c.Upon.Dirs, "/usr/share/made") {
		t.Errorf("%+v", c.Upon)
	}
	if !slices.ContainsFunc(c.Upon.Packages, func(p base.Package) bool { return p.Name == "demo" }) || len(c.Upon.Packages) != 3 {
		t.Errorf("packages %+v", c.Upon.Packages)
	}
}
