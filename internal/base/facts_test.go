package base_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

// read reads the facts of a test base.
func read(t *testing.T, opt embeddedbase.Options) *base.Facts {
	t.Helper()
	f, err := base.ReadFacts(t.Context(), embeddedbase.Image(opt), base.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// on returns options for a base with the files in one layer on top.
func on(files ...embeddedbase.File) embeddedbase.Options {
	return embeddedbase.Options{Layers: [][]embeddedbase.File{files}}
}

func TestFactsOfTheOfficialLayout(t *testing.T) {
	f := read(t, embeddedbase.Options{})
	wantPython := base.Python{
		Version: "3.10.19", VersionSource: "/usr/local/include/python3.10/patchlevel.h", Minor: "3.10",
		Executable: "/usr/local/bin/python3.10", Prefix: "/usr/local",
		SitePackages: "/usr/local/lib/python3.10/site-packages",
		Scripts:      "/usr/local/bin", Include: "/usr/local/include/python3.10", Data: "/usr/local",
		Paths: []string{"/usr/local/lib/python3.10/site-packages"},
	}
	if diff := cmp.Diff(wantPython, f.Python); diff != "" {
		t.Errorf("Python: -want +got:\n%s", diff)
	}
	if want := (base.Libc{Family: "glibc", Version: "2.36"}); f.Libc != want {
		t.Errorf("Libc is %v, want %v", f.Libc, want)
	}
	if want := (base.OSRelease{ID: "debian", VersionID: "12", Codename: "bookworm", PrettyName: "Debian GNU/Linux 12 (bookworm)"}); f.OS != want {
		t.Errorf("OS is %v, want %v", f.OS, want)
	}
	wantUser := base.User{Name: "nobody", UID: 65534, GID: 65534, Home: "/nonexistent", Shell: "/usr/sbin/nologin"}
	if !slices.Contains(f.Users, wantUser) || !slices.Contains(f.Groups, base.Group{Name: "users", GID: 100}) {
		t.Errorf("accounts are %v and %v", f.Users, f.Groups)
	}
	site := "/usr/local/lib/python3.10/site-packages"
	wantDists := []base.Dist{{
		Name: "pip", Version: "23.0.1", Dir: site + "/pip-23.0.1.dist-info",
		Files: []string{
			"/usr/local/bin/pip3", site + "/pip-23.0.1.dist-info/INSTALLER",
			site + "/pip-23.0.1.dist-info/METADATA", site + "/pip-23.0.1.dist-info/RECORD", site + "/pip/__init__.py",
		},
		Recorded: true,
	}}
	if diff := cmp.Diff(wantDists, f.Dists); diff != "" {
		t.Errorf("Dists: -want +got:\n%s", diff)
	}
	for _, lib := range []string{"libc.so.6", "libz.so.1", "libstdc++.so.6", "libpython3.10.so.1.0", "ld-linux-aarch64.so.1"} {
		if !slices.Contains(f.Libraries, lib) {
			t.Errorf("library %s is missing in %v", lib, f.Libraries)
		}
	}
}

func TestOnlyLibrariesThatAreThereAreListed(t *testing.T) {
	f := read(t, on(
		embeddedbase.File{Path: "usr/lib/libgone.so.1", Link: "nowhere"}, embeddedbase.File{Path: "usr/lib/libdir.so/"},
		embeddedbase.File{Path: "etc/ld.so.conf.d/extra.conf", Data: "# more\n/opt/lib # here\n"},
		embeddedbase.File{Path: "opt/lib/libextra.so.2"}, embeddedbase.File{Path: "srv/libelsewhere.so"}, embeddedbase.File{Path: "usr/lib/some.sources"},
	))
	for name, want := range map[string]bool{
		"libgone.so.1": false, "libdir.so": false, "libextra.so.2": true, "libelsewhere.so": false, "some.sources": false, "libc.so.6": true,
	} {
		if got := slices.Contains(f.Libraries, name); got != want {
			t.Errorf("%s is listed: %v, want %v", name, got, want)
		}
	}
}

func TestFactsListInstalledPackages(t *testing.T) {
	f := read(t, embeddedbase.Options{})
	var got []string
	for _, p := range f.Packages {
		got = append(got, fmt.Sprintf("%s %s %s %s/%s %v", p.Name, p.Version, p.Arch, p.Source, p.SourceVersion, p.Provides))
	}
	want := []string{
		"base-files 12.4+deb12u12 arm64 / [base]",
		"libc6 2.36-9+deb12u10 arm64 glibc/ []",
		"libgcc-s1 12.2.0-14+deb12u1 arm64 gcc-12/12.2.0-14 [libgcc1]",
		"libstdc++6 12.2.0-14+deb12u1 arm64 gcc-12/ []",
		"zlib1g 1:1.2.13.dfsg-1 arm64 zlib/ [libz1]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDirectoriesThroughLinks(t *testing.T) {
	f := read(t, on(
		embeddedbase.File{Path: "lib/extra/"}, // lands in usr/lib
		embeddedbase.File{Path: "loop", Link: "pool"}, embeddedbase.File{Path: "pool", Link: "loop"},
		embeddedbase.File{Path: "srv/up", Link: "../../../usr/local"},
		embeddedbase.File{Path: "srv/nowhere", Link: "gone"},
	))
	for path, want := range map[string]bool{
		"/": true, "": true, "lib": true, "/lib/extra": true, "/usr/lib/extra/": true, "usr/local/lib/python3.10": true,
		"/srv/up/lib": true, "/srv/up/../lib": true, // the link is followed before ".."
		"/var/run": true, "/loop": false, "/srv/nowhere": false, "/etc/passwd": false, "/usr/lib/none": false,
	} {
		if got := f.HasDir(path); got != want {
			t.Errorf("HasDir(%q) = %v, want %v", path, got, want)
		}
	}
	for path, want := range map[string]string{
		"/lib/x/y": "/usr/lib/x/y", "bin": "/usr/bin", "/srv/up/bin/tool": "/usr/local/bin/tool", "/app/../etc": "/etc",
	} {
		if got, ok := f.Resolve(path); got != want || !ok {
			t.Errorf("Resolve(%q) = %q, %v, want %q", path, got, ok, want)
		}
	}
	looped := &base.Facts{Links: map[string]string{"/a": "b", "/b": "a"}}
	if got, ok := looped.Resolve("/a/x"); ok {
		t.Errorf("a loop resolves to %q", got)
	}
}

// TestFiles holds that the files which facts know aren't taken for places
// that a directory can be made at.
func TestFiles(t *testing.T) {
	f := read(t, on(embeddedbase.File{Path: "srv/accounts", Link: "../etc"}))
	for path, want := range map[string]bool{
		"/etc/passwd": true, "etc/group": true, "/srv/accounts/passwd": true, f.Python.Executable: true,
		"/etc": false, "/": false, "/etc/nothere": false, "/etc/passwd/x": false,
	} {
		if got := f.HasFile(path); got != want {
			t.Errorf("HasFile(%q) = %v, want %v", path, got, want)
		}
	}
	if (&base.Facts{}).HasFile("/etc/passwd") {
		t.Error("a base without accounts has them as a file")
	}
	recorded := &base.Facts{Dists: []base.Dist{{Files: []string{"/opt/site/six.py"}}}}
	if !recorded.HasFile("/opt/site/six.py") {
		t.Error("a file that a distribution records isn't known")
	}
}

func TestWhiteouts(t *testing.T) {
	site := "usr/local/lib/python3.10/site-packages"
	f := read(t, embeddedbase.Options{Layers: [][]embeddedbase.File{
		{{Path: "srv/a/"}, {Path: "srv/a/b/"}, {Path: "srv/c/"}, {Path: "srv/d/"}},
		{
			{Path: site + "/.wh.pip-23.0.1.dist-info"},
			{Path: "srv/a/new/"},
			{Path: "srv/a/.wh..wh..opq"}, // opaque, after what is new
			{Path: "srv/c/"},
			{Path: "srv/.wh.c"}, // hides the lower layer's only
			{Path: "srv/.wh.d"},
			{Path: "etc/.wh.group"},
			{Path: "lib/.wh.os-release"}, // through the link lib -> usr/lib
		},
	}})
	if len(f.Dists) != 0 {
		t.Errorf("removed distributions are still there: %v", f.Dists)
	}
	if f.Group != nil || f.Groups != nil {
		t.Errorf("the removed group file reads %q", f.Group)
	}
	if f.OS != (base.OSRelease{}) {
		t.Errorf("the removed os-release says %v", f.OS)
	}
	for path, want := range map[string]bool{"/srv/a": true, "/srv/a/b": false, "/srv/a/new": true, "/srv/c": true, "/srv/d": false} {
		if got := f.HasDir(path); got != want {
			t.Errorf("HasDir(%q) = %v, want %v", path, got, want)
		}
	}
}

// TestAccountsBehindLinks holds that passwd and group are read wherever a link
// leads inside of the image, and that accounts that can't be read are never
// replaced by a file without root.
func TestAccountsBehindLinks(t *testing.T) {
	root := "root:x:0:0:root:/root:/bin/sh\n"
	gone := embeddedbase.File{Path: "etc/.wh.passwd"}
	etc := embeddedbase.File{Path: ".wh.etc"}
	for name, tt := range map[string]struct {
		layers [][]embeddedbase.File
		want   string // passwd, "" where it can't be read
	}{
		"a link to another name":    {[][]embeddedbase.File{{gone}, {{Path: "data/users.txt", Data: root}, {Path: "etc/passwd", Link: "../data/users.txt"}}}, root},
		"a link through a link":     {[][]embeddedbase.File{{{Path: "opt/a", Link: "/srv"}, {Path: "opt/a/people", Data: root}, {Path: "etc/passwd", Link: "/opt/a/people"}}}, root},
		"a link out of the image":   {[][]embeddedbase.File{{{Path: "srv/people", Data: root}, {Path: "etc/passwd", Link: "../../../srv/people"}}}, root},
		"a hard link":               {[][]embeddedbase.File{{{Path: "srv/people", Data: root}, {Path: "etc/passwd", Hard: "srv/people"}}}, root},
		"/etc is a link":            {[][]embeddedbase.File{{etc}, {{Path: "usr/etc/passwd", Data: root}, {Path: "etc", Link: "usr/etc"}}}, root},
		"/etc is a link, read thus": {[][]embeddedbase.File{{etc}, {{Path: "usr/etc/"}, {Path: "etc", Link: "usr/etc"}}, {{Path: "etc/passwd", Data: root}}}, root},
		"empty":                     {[][]embeddedbase.File{{{Path: "srv/people"}, {Path: "etc/passwd", Link: "../srv/people"}}}, "empty"},
		"a link to nowhere":         {[][]embeddedbase.File{{{Path: "etc/passwd", Link: "/run/passwd"}}}, ""},
		"a loop":                    {[][]embeddedbase.File{{{Path: "etc/passwd", Link: "passwd"}}}, ""},
		"a directory":               {[][]embeddedbase.File{{gone}, {{Path: "etc/passwd/"}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := read(t, embeddedbase.Options{Layers: tt.layers})
			passwd, _, _, err := base.Accounts(f, nil, []base.UserSpec{{Name: "app", UID: 1000, GID: 1000}})
			if tt.want == "" {
				if err == nil || len(f.Unreadable) != 1 {
					t.Errorf("accounts that can't be read became %q", passwd)
				}
				return
			}
			if tt.want == "empty" {
				tt.want = ""
			}
			if want := tt.want + "app:x:1000:1000::/home/app:/usr/sbin/nologin\n"; err != nil || string(passwd) != want {
				t.Errorf("%q, %v", passwd, err)
			}
		})
	}
}

// memory is a Store that counts.
type memory struct {
	docs map[string][]byte
	hits int
}

func (m *memory) Get(kind, key string) ([]byte, bool) {
	b, ok := m.docs[kind+"/"+key]
	if ok {
		m.hits++
	}
	return b, ok
}

func (m *memory) Put(kind, key string, data []byte) error {
	m.docs[kind+"/"+key] = data
	return nil
}

func TestFactsAreKept(t *testing.T) {
	store := &memory{docs: map[string][]byte{}}
	opt := base.FactsOptions{Store: store}
	img := embeddedbase.Image(embeddedbase.Options{})
	first, err := base.ReadFacts(t.Context(), img, opt)
	if err != nil {
		t.Fatal(err)
	}
	second, err := base.ReadFacts(t.Context(), noLayers{img}, opt)
	if err != nil {
		t.Fatalf("with the facts in the store, layers were read: %v", err)
	}
	if store.hits != 1 {
		t.Errorf("the store was used %d times", store.hits)
	}
	if diff := cmp.Diff(first, second, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-read +kept:\n%s", diff)
	}
	if !second.HasDir("/lib/aarch64-linux-gnu") {
		t.Error("kept facts don't resolve directories")
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"damaged":        func(b []byte) []byte { return b[:len(b)/2] },
		"of another":     func([]byte) []byte { return []byte(`{"Format":6,"Config":"sha256:00"}`) },
		"another format": func(b []byte) []byte { return []byte(strings.Replace(string(b), `"Format":6`, `"Format":5`, 1)) },
	} {
		for key, b := range store.docs {
			store.docs[key] = spoil(b)
		}
		again, err := base.ReadFacts(t.Context(), img, opt)
		if err != nil {
			t.Fatalf("%s entry: %v", name, err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("%s entry was used:\n%s", name, diff)
		}
	}
	if !json.Valid(store.docs["facts/"+strings.TrimPrefix(first.Config, "sha256:")+"-7"]) {
		t.Error("the spoilt entry was not replaced")
	}
}
