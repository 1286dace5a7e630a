package base_test

import (
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

type documents map[string][]byte

func (d documents) Get(kind, key string) ([]byte, bool)     { b, ok := d[kind+" "+key]; return b, ok }
func (d documents) Put(kind, key string, data []byte) error { d[kind+" "+key] = data; return nil }

// TestReadFiles lists a base whose upper layer replaces, hides and links what
// the lower ones have, and reads it back from a store.
func TestReadFiles(t *testing.T) {
	img := embeddedbase.Image(on(
		embeddedbase.File{Path: "etc/app/conf", Data: "small"},
		embeddedbase.File{Path: "opt/large", Data: "elsewhere"},
		embeddedbase.File{Path: "usr/bin/script", Data: "#!/bin/sh\n"},
		embeddedbase.File{Path: "usr/bin/program", Data: "\x7fELF"},
		embeddedbase.File{Path: "usr/bin/short", Data: "#"},
		embeddedbase.File{Path: "opt/same", Hard: "opt/large"},
		embeddedbase.File{Path: "opt/link", Link: "large"},
		embeddedbase.File{Path: "etc/.wh.os-release"},
	))
	store := documents{}
	for _, run := range []string{"cold", "warm"} {
		files, err := base.ReadFiles(t.Context(), img, base.FactsOptions{Store: store, Reading: func() {
			if run == "warm" {
				t.Error("the layers are read again")
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]base.File{}
		last := ""
		for _, f := range files.List() {
			if f.Path <= last {
				t.Errorf("%q comes after %q", f.Path, last)
			}
			got[f.Path], last = f, f.Path
		}
		if f := got["/etc/app/conf"]; string(f.Data) != "small" || f.Mode != 0o644 {
			t.Errorf("%s: %+v", run, f)
		}
		if f := got["/usr/bin/script"]; string(f.Data) != "#!/bin/sh\n" || got["/usr/bin/program"].Data != nil || got["/usr/bin/short"].Data != nil {
			t.Errorf("%s: %+v", run, f)
		}
		if f := got["/etc/app"]; !f.Mode.IsDir() || f.Mode.Perm() != 0o755 {
			t.Errorf("%s: %+v", run, f)
		}
		if f := got["/opt/link"]; f.Mode.Type() != fs.ModeSymlink || f.Link != "large" {
			t.Errorf("%s: %+v", run, f)
		}
		if _, ok := got["/etc/os-release"]; ok {
			t.Errorf("%s: a hidden file is listed", run)
		}
		for _, p := range []string{"/opt/large", "/opt/same"} {
			if got[p].Data != nil {
				t.Errorf("%s: the content of %s is kept", run, p)
			}
			rc, err := files.Open(t.Context(), got[p])
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(rc)
			if err != nil || string(b) != "elsewhere" {
				t.Errorf("%s: %s: %q, %v", run, p, b, err)
			}
			if err := rc.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := files.Open(t.Context(), got["/opt"]); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", run, err)
		}
	}
}

// TestFilesWithFacts has the list from the one reading that facts take.
func TestFilesWithFacts(t *testing.T) {
	img := embeddedbase.Image(on(embeddedbase.File{Path: "etc/app/conf", Data: "small"}))
	store := documents{}
	var files *base.Files
	if _, err := base.ReadFacts(t.Context(), img, base.FactsOptions{Store: store, Files: func(f *base.Files) { files = f }}); err != nil {
		t.Fatal(err)
	}
	again, err := base.ReadFiles(t.Context(), img, base.FactsOptions{Store: store, Reading: func() { t.Error("the layers are read again") }})
	if err != nil {
		t.Fatal(err)
	}
	alone, err := base.ReadFiles(t.Context(), img, base.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string]*base.Files{"with facts": files, "from the store": again} {
		if diff := cmp.Diff(alone.List(), got.List()); diff != "" {
			t.Errorf("%s: (-alone +got)\n%s", what, diff)
		}
	}
}

// TestUpon holds what a base and packages on it come to against the facts of a
// base that has all of it.
func TestUpon(t *testing.T) {
	more := []embeddedbase.File{
		{Path: "etc/passwd", Data: "root:x:0:0::/root:/bin/sh\ndemo:x:100:101::/nonexistent:/bin/false\n"},
		{Path: "etc/group", Data: "root:x:0:\ndemo:x:101:\n"},
		{Path: "etc/ld.so.conf.d/demo.conf", Data: "/opt/demo/lib\n"},
		{Path: "opt/demo/lib/libdemo.so.1", Link: "libdemo.so.1.2"},
		{Path: "opt/demo/lib/libdemo.so.1.2", Data: "ELF"},
		{Path: "usr/bin/demo", Data: "ELF"},
		{Path: "usr/share/demo/", Mode: fs.ModeDir | 0o755},
		{Path: "usr/share/alias", Link: "demo"},
		{Path: "var/lib/dpkg/status", Data: "Package: demo\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1\n"},
	}
	below, with := embeddedbase.Image(on()), embeddedbase.Image(on(more...))
	facts, err := base.ReadFacts(t.Context(), below, base.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := base.ReadFacts(t.Context(), with, base.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := base.ReadFiles(t.Context(), with, base.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	list := slices.Clone(files.List())
	for i := range list {
		if !base.NeedsData(list[i].Path) {
			list[i].Data = nil
		}
	}
	cf, err := below.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	u, err := base.NewUpon(list, cf)
	if err != nil {
		t.Fatal(err)
	}
	got := facts.With(u)
	got.Config = want.Config
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-one base +with packages)\n%s", diff)
	}
	if len(got.Users) != 2 || len(got.Packages) != 1 || !slices.Contains(got.Libraries, "libdemo.so.1") {
		t.Errorf("%+v", got)
	}
}
