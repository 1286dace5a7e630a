package packages_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/packages"
)

const sum = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

const file = `Package: libz1
Source: zlib (1:1.2-3)
Version: 1:1.2-3+b1
Architecture: arm64
Multi-Arch: same
Priority: Optional
Section: libs
Installed-Size: 100
Maintainer: Somebody: else <x@y>
Depends: libc6 (>= 2.34),
 early
Provides: zlib-abi (= 1), other
Suggests: later
Filename: pool/z/libz1_1.2-3+b1_arm64.deb
Size: 1234
SHA256: ` + sum + `
Description: compression
 More	of it.
 .
 Package: no

package: early
version: 1
ARCHITECTURE: all
Multi-Arch: same
Essential: yes
Protected: yes
Filename: ./early.deb
Size: 1
SHA256: ` + sum + `

Package: foreign
Version: 1
Architecture: i386

Package: early
Version: 2
Architecture: arm64
Filename: ./early2.deb
Size: x
Pre-Depends: a	b`

func open(t *testing.T, text string) *packages.Index {
	t.Helper()
	distilled, err := packages.Distill(strings.NewReader(text), "arm64")
	if err != nil {
		t.Fatal(err)
	}
	x, err := packages.Open(distilled)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestIndex(t *testing.T) {
	x := open(t, file)
	if x.Len() != 3 || x.Arch() != "arm64" || x.Has("foreign") || !x.Has("early") {
		t.Errorf("%d packages for %s", x.Len(), x.Arch())
	}
	want := packages.Package{
		Name: "libz1", Version: "1:1.2-3+b1", Arch: "arm64", Source: "zlib", SourceVersion: "1:1.2-3", Section: "libs",
		Priority: packages.Optional, MultiArch: "same", Depends: "libc6 (>= 2.34), early", Provides: "zlib-abi (= 1), other",
		Filename: "pool/z/libz1_1.2-3+b1_arm64.deb", Size: 1234, SHA256: sum, InstalledSize: 100,
	}
	if diff := cmp.Diff([]packages.Package{want}, x.Named("libz1")); diff != "" {
		t.Error(diff)
	}
	if err := want.Check(); err != nil {
		t.Error(err)
	}
	early := x.Named("early")
	if len(early) != 2 || early[0].MultiArch != "" || !early[0].Essential || !early[0].Important || early[0].Source != "early" || early[1].Version != "2" {
		t.Errorf("got %+v", early)
	}
	if early[1].PreDepends != "a b" || early[1].Size != 0 || early[1].Check() == nil {
		t.Errorf("got %+v", early[1])
	}
	if p := x.Providers("zlib-abi"); len(p) != 1 || p[0].Name != "libz1" {
		t.Errorf("got %+v", p)
	}
	if p := x.Providers("zlib-abi (= 1)"); len(p) != 0 {
		t.Errorf("got %+v", p)
	}
	if p := x.At(1); p.Name != "early" {
		t.Errorf("got %+v", p)
	}
}

// The order in which names are first mentioned decides between providers.
func TestRank(t *testing.T) {
	x := open(t, file)
	var last uint32
	for i, name := range []string{"libz1", "libc6", "early", "later", "zlib-abi", "other", "a"} {
		r, ok := x.Rank(name)
		if !ok || i > 0 && r <= last {
			t.Errorf("%s has the rank %d, %v, after %d", name, r, ok, last)
		}
		last = r
	}
	if _, ok := x.Rank("foreign"); ok {
		t.Error("a package of another architecture has a rank")
	}
	if x.Ranks() <= last {
		t.Errorf("%d ranks", x.Ranks())
	}
}

func TestDistillRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"Package: a\nPackage: b\nVersion: 1\nArchitecture: all\n": `line 2: the field "Package" is there twice`,
		"Package: a\nVersion: 1\n\n":                              `line 3: the stanza before it has no field "architecture"`,
		"Version: 1\nArchitecture: all\n":                         `no field "package"`,
		" x\n":                                                    "line 1: it begins with a blank",
		"Package: a\nVersion\n":                                   "line 2: it is not of the form",
		"Package: " + strings.Repeat("x", 2<<20) + "\n":           "line 1: it has more than 1048576 bytes",
	} {
		out, err := packages.Distill(strings.NewReader(text), "arm64")
		var syntax *control.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), want) || out != nil {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	good, err := packages.Distill(strings.NewReader(file), "arm64")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"empty": "", "another format": "debs-packages 0 arm64\n", "no architecture": "debs-packages 1 \n", "cut": string(good[:len(good)-1]),
		"columns": string(good) + "a\t1\n", "rank": string(good) + "\ta\n",
	} {
		if x, err := packages.Open([]byte(data)); err == nil || x != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	good := packages.Package{Name: "a", Version: "1", Filename: "pool/a.deb", Size: 1, SHA256: sum}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*packages.Package){
		"name":     func(p *packages.Package) { p.Name = "../a" },
		"version":  func(p *packages.Package) { p.Version = "1/2" },
		"size":     func(p *packages.Package) { p.Size = 0 },
		"no sum":   func(p *packages.Package) { p.SHA256 = "" },
		"bad sum":  func(p *packages.Package) { p.SHA256 = strings.Repeat("g", 64) },
		"filename": func(p *packages.Package) { p.Filename = "" },
	} {
		p := good
		change(&p)
		if p.Check() == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	for _, name := range []string{"/a", "../a", "a/../../b", "a//b", "a/./b", "..", "a b", "a\nb", `a\b`, "a/../b", ".", "./../a", "a/"} {
		if packages.CheckFilename(name) == nil {
			t.Errorf("%q is not refused", name)
		}
	}
	for _, name := range []string{"./a.deb", "pool/main/a/a_1%3a2.deb", "a..deb"} {
		if err := packages.CheckFilename(name); err != nil {
			t.Error(err)
		}
	}
}

func TestStatus(t *testing.T) {
	stanza := func(name, status, arch string) string {
		return fmt.Sprintf("Package: %s\nStatus: %s\nVersion: 1\nArchitecture: %s\nDepends: a,\n b\nConffiles:\n /etc/x 1\nProtected: yes\n\n", name, status, arch)
	}
	installed, foreign, err := packages.ReadStatus(strings.NewReader(
		stanza("a", "install ok installed", "arm64")+stanza("b", "deinstall ok config-files", "arm64")+stanza("c", "hold ok installed", "all")+
			stanza("d", "install ok triggers-pending", "arm64")+stanza("e", "purge ok not-installed", "arm64")+stanza("f", "install ok installed", "amd64")), "arm64")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range installed {
		names = append(names, fmt.Sprintf("%s %v %v %s", p.Name, p.Hold, p.Important, p.Depends))
	}
	if diff := cmp.Diff([]string{"a false true a, b", "c true true a, b", "d false true a, b"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"f:amd64"}, foreign); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		stanza("a", "install ok installed", "arm64") + stanza("a", "install ok installed", "all"): `line 11: package "a" is there twice`,
		stanza("a", "installed", "arm64"):            "line 1: the stanza has no name or no status",
		"Package: a\nStatus: install ok installed\n": `package "a" has no version`,
		"Package: a\nPackage: a\n":                   "twice",
	} {
		if _, _, err := packages.ReadStatus(strings.NewReader(text), "arm64"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// What is distilled can be opened, and no name is lost; nothing that the cache
// may hold makes opening crash.
func FuzzDistill(f *testing.F) {
	f.Add([]byte(file))
	f.Add([]byte("debs-packages 1 arm64\na\t1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if x, err := packages.Open(data); err == nil {
			for i := range x.Len() {
				x.Rank(x.At(i).Name)
			}
		}
		out, err := packages.Distill(strings.NewReader(string(data)), "arm64")
		if err != nil {
			return
		}
		x, err := packages.Open(out)
		if err != nil {
			t.Fatalf("%q: distilled, but %v", data, err)
		}
		for i := range x.Len() {
			p := x.At(i)
			if len(x.Named(p.Name)) == 0 || p.Name == "" || p.Version == "" {
				t.Fatalf("package %d is %+v", i, p)
			}
		}
	})
}
