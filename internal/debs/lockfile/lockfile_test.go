package lockfile_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/debs/packages"
)

var sum = strings.Repeat("0123456789abcdef", 4)

func example() *lockfile.Lock {
	return &lockfile.Lock{
		Architecture: "arm64", Requested: []string{"libgl1", "libpq5=15.*"}, Recommends: true, Snapshot: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Base: "sha256:" + sum,
		Packages: []lockfile.Package{
			{Name: "libgl1", Version: "1.6-1", Architecture: "arm64", Source: "libglvnd", SourceVersion: "1.6-1", Archives: []string{"http://a/debian", "https://b/debian"}, Filename: "pool/l/libgl1_1.6-1_arm64.deb", Size: 12, SHA256: sum, Why: "requested as libgl1"},
			{Name: "libpq5", Version: "15.2-1+b1", Architecture: "all", Source: "postgresql-15", SourceVersion: "15.2-1", Filename: "./libpq5.deb", Size: 1, SHA256: sum, Replaces: "1:15.1", Why: "x Depends: libpq5 (>= 1) | y"},
		},
	}
}

func TestRoundTrip(t *testing.T) {
	want := example()
	b, err := want.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	const text = `# Made by assemble lock, which also updates it.
Lock-Version: 1
Architecture: arm64
Requested: libgl1, libpq5=15.*
Recommends: yes
Snapshot: 2026-11-01T00:00:00Z
Base: sha256:SUM

Package: libgl1
Version: 1.6-1
Architecture: arm64
Source: libglvnd
Archive: http://a/debian https://b/debian
Filename: pool/l/libgl1_1.6-1_arm64.deb
Size: 12
SHA256: SUM
Why: requested as libgl1

Package: libpq5
Version: 15.2-1+b1
Architecture: all
Source: postgresql-15 (15.2-1)
Filename: ./libpq5.deb
Size: 1
SHA256: SUM
Replaces-Version: 1:15.1
Why: x Depends: libpq5 (>= 1) | y
`
	if diff := cmp.Diff(strings.ReplaceAll(text, "SUM", sum), string(b)); diff != "" {
		t.Error(diff)
	}
	got, err := lockfile.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefused(t *testing.T) {
	good, err := example().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ old, new, want string }{
		"version":       {"Lock-Version: 1", "Lock-Version: 2", `Lock-Version is "2"`},
		"unknown":       {"Recommends: yes", "Recommend: yes", `line 2: the field "Recommend" is unknown`},
		"missing":       {"Why: requested as libgl1\n", "", `line 9: the field "Why" is missing`},
		"twice":         {"Package: libpq5", "Package: libgl1", "sorted by name, each once"},
		"order":         {"Package: libpq5", "Package: a", "sorted by name"},
		"arch":          {"Architecture: all", "Architecture: amd64", `is for "amd64", the lock for "arm64"`},
		"no arch":       {"Architecture: arm64\nReq", "Architecture: ARM 64\nReq", "no architecture"},
		"digest":        {"SHA256: 0", "SHA256: x", "no SHA256"},
		"size":          {"Size: 12", "Size: -12", "no size"},
		"no size":       {"Size: 12", "Size: x", "no number"},
		"escape":        {"pool/l", "../l", "leads out of the archive"},
		"absolute":      {"./libpq5.deb", "/libpq5.deb", "leads out of the archive"},
		"name":          {"Package: libgl1", "Package: ../libgl1", "no package's name"},
		"bad version":   {"Version: 1.6-1", "Version: 1_6", "character"},
		"password":      {"http://a/", "http://u:secret@a/", "password"},
		"scheme":        {"http://a/", "ftp://a/", "no URI of one"},
		"base":          {"Base: sha256:0", "Base: sha256:g", "no SHA-256"},
		"recommends":    {"Recommends: yes", "Recommends: maybe", "neither yes nor no"},
		"snapshot":      {"2026-11-01T", "2026-13-01T", "no time"},
		"several lines": {"Why: requested as libgl1", "Why: requested\n as libgl1", "several lines"},
		"replaces":      {"1:15.1", "x:15.1", "epoch"},
		"source":        {"Source: libglvnd", "Source: lib/glvnd", "its source"},
	} {
		t.Run(name, func(t *testing.T) {
			if !bytes.Contains(good, []byte(tt.old)) {
				t.Fatal("the test changes nothing")
			}
			l, err := lockfile.Parse(bytes.Replace(good, []byte(tt.old), []byte(tt.new), 1))
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") || l != nil {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := lockfile.Parse(nil); err == nil {
		t.Error("an empty file is a lock")
	}
	l := example()
	l.Packages[0], l.Packages[1] = l.Packages[1], l.Packages[0]
	if _, err := l.Marshal(); err == nil {
		t.Error("a lock that isn't sorted was written")
	}
}

func TestFingerprint(t *testing.T) {
	a := []packages.Package{{Name: "a", Version: "1"}, {Name: "b", Version: "1"}}
	b := []packages.Package{a[1], a[0]}
	if lockfile.Fingerprint(a) != lockfile.Fingerprint(b) {
		t.Error("the order of the packages counts")
	}
	for _, change := range []func(*packages.Package){
		func(p *packages.Package) { p.Version = "2" }, func(p *packages.Package) { p.Hold = true }, func(p *packages.Package) { p.Depends = "x" },
	} {
		c := []packages.Package{a[0], a[1]}
		change(&c[0])
		if lockfile.Fingerprint(a) == lockfile.Fingerprint(c) {
			t.Errorf("%+v is no other base", c[0])
		}
	}
}

// What is read and written again is the same.
func FuzzParse(f *testing.F) {
	good, err := example().Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := lockfile.Parse(data)
		if err != nil {
			return
		}
		b, err := l.Marshal()
		if err != nil {
			t.Fatalf("%q was read, but: %v", data, err)
		}
		again, err := lockfile.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(l, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
