package contents

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/unpack"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
)

func TestPackageLinks(t *testing.T) {
	f := &base.Facts{
		Dirs:  []string{"/run", "/usr", "/usr/bin", "/usr/lib", "/usr/share", "/usr/share/a", "/var"},
		Links: map[string]string{"/bin": "usr/bin", "/lib": "/usr/lib", "/var/run": "/run", "/root": "/", "/usr/share/b": "a"},
	}
	if diff := cmp.Diff(map[string]string{"bin": "usr/bin", "lib": "usr/lib", "var/run": "run", "usr/share/b": "usr/share/a"}, PackageLinks(f)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// packagesOf are packages that are written for the test.
func packagesOf(t *testing.T, debs ...debtest.Deb) Packages {
	t.Helper()
	var list []*deb.Package
	for _, d := range debs {
		b := d.Bytes(t)
		p, err := deb.Open(t.Context(), d.Write(t, t.TempDir()), deb.Options{Want: deb.Want{SHA256: fmt.Sprintf("%x", sha256.Sum256(b))}})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	set, err := unpack.New(list, unpack.Options{Links: map[string]string{"lib": "usr/lib"}, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
	return Packages{Set: set}
}

// A large package has a layer of its own; with another version of a small one
// only the layer of that moves.
func TestPackages(t *testing.T) {
	large := debtest.Deb{Name: "libllvm", Files: []debtest.File{{Path: "lib/llvm.so", Data: strings.Repeat("large", 300_000)}}}
	a := debtest.Deb{Name: "liba", Files: []debtest.File{{Path: "lib/a.so", Data: "a"}}}
	b := debtest.Deb{Name: "libb", Files: []debtest.File{{Path: "usr/lib/b.so", Data: "b", Mode: 0o4755}, {Path: "usr/lib/c.so", Hard: "./usr/lib/b.so"}}}
	plan := func(debs ...debtest.Deb) ([]Layer, *Ground) {
		on := NewGround(&target.Target{Facts: &base.Facts{}})
		list, ground, err := Plan(t.Context(), on, packagesOf(t, debs...))
		if err != nil {
			t.Fatal(err)
		}
		return list, ground
	}
	list, ground := plan(a, large, b)
	if len(list) < 2 || list[0].Name != "libllvm 1" || list[0].Kind != KindPackages || !ground.HasDir("usr/lib") || ground.HasDir("lib") {
		t.Errorf("%d layers, the first is %+v", len(list), list[0])
	}
	a.Version = "2"
	moved := map[string]bool{}
	for _, l := range list {
		moved[l.Key] = true
	}
	next, _ := plan(b, a, large)
	changed := 0
	for _, l := range next {
		if !moved[l.Key] {
			changed++
			if !strings.Contains(l.Name, "liba 2") {
				t.Errorf("the layer of %s has another key", l.Name)
			}
		}
	}
	if changed != 1 {
		t.Errorf("%d layers have other keys", changed)
	}
	var specs []layers.Spec
	for _, l := range list {
		specs = append(specs, l.Spec)
	}
	built, err := layers.Build(t.Context(), specs, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range built {
		if err := validate.Layer(l); err != nil {
			t.Error(err)
		}
	}
}

// The clock, the umask and the machine don't matter: the digest is frozen.
func TestPackagesGolden(t *testing.T) {
	p := packagesOf(t, debtest.Deb{
		Name: "demo", Compression: "xz", Control: map[string]string{"postinst": "#!/bin/sh\n", "conffiles": "/etc/demo\n"},
		Files: []debtest.File{{Path: "lib/demo", Data: "demo", Mode: 0o2755}, {Path: "etc/demo", Data: "1"}, {Path: "lib/a", Hard: "./lib/demo"}},
	})
	planned, err := p.Plan(t.Context(), NewGround(&target.Target{Facts: &base.Facts{}}))
	if err != nil {
		t.Fatal(err)
	}
	built, err := layers.Build(t.Context(), []layers.Spec{planned.Layers[0].Spec}, layers.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	d, err := built[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	if want := "sha256:2fe37d9def9d747f39c81bf7b4e89af69621b8db0e872656dd8ea34f2182dea2"; d.String() != want {
		t.Errorf("digest %s", d)
	}
}
