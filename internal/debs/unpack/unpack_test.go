package unpack

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/layers"
)

// merged are the links of a base whose /usr is merged.
var merged = map[string]string{"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64", "var/run": "run"}

// open writes packages and opens them, with the digests that they have.
func open(t testing.TB, debs ...debtest.Deb) []*deb.Package {
	t.Helper()
	var list []*deb.Package
	for _, d := range debs {
		path := d.Write(t, t.TempDir())
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		p, err := deb.Open(t.Context(), path, deb.Options{Want: deb.Want{SHA256: fmt.Sprintf("%x", sha256.Sum256(b))}})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func newSet(t testing.TB, links map[string]string, debs ...debtest.Deb) *Set {
	t.Helper()
	s, err := New(open(t, debs...), Options{Links: links, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// entries are a layer's paths as text, without the files that dpkg keeps.
func entries(t testing.TB, s *Set, members ...int) []string {
	t.Helper()
	list, err := s.Entries(t.Context(), members)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range list {
		if !strings.HasPrefix(e.Path, infoDir) {
			lines = append(lines, line(t, e))
		}
	}
	slices.Sort(lines)
	return lines
}

func line(t testing.TB, e layers.Entry) string {
	t.Helper()
	content := string(e.Data)
	if e.Open != nil {
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		content = string(b)
	}
	if int64(len(content)) != e.Size {
		t.Errorf("%s has %d bytes instead of %d", e.Path, len(content), e.Size)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %v %s", e.Path, e.Mode, strings.Join([]string{content, e.Link, e.HardLink}, "")))
}

func TestMergedUsr(t *testing.T) {
	d := debtest.Deb{Name: "demo", Files: []debtest.File{
		{Path: "bin/sh", Data: "sh", Mode: 0o4755},
		{Path: "bin/zsh", Hard: "./bin/sh"},
		{Path: "lib/arm64/libx.so.1", Link: "libx.so.1.0"},
		{Path: "lib/arm64/libx.so.1.0", Data: "x"},
		{Path: "usr/lib/arm64/liby.so", Data: "y"},
		{Path: "usr/lib/arm64/a-link", Hard: "./usr/lib/arm64/liby.so"},
		{Path: "lib64", Link: "usr/lib64"},
		{Path: "var/run/demo/", Mode: 0o1777},
		{Path: "lib32/x", Data: "not a link on the base"},
	}}
	s := newSet(t, merged, d)
	want := []string{
		"lib32 drwxr-xr-x", "lib32/x -rw-r--r-- not a link on the base", "run/demo dtrwxrwxrwx",
		"usr drwxr-xr-x", "usr/bin/sh urwxr-xr-x sh", "usr/bin/zsh urwxr-xr-x usr/bin/sh",
		"usr/lib drwxr-xr-x", "usr/lib/arm64 drwxr-xr-x", "usr/lib/arm64/a-link -rw-r--r-- y",
		"usr/lib/arm64/libx.so.1 Lrwxrwxrwx libx.so.1.0", "usr/lib/arm64/libx.so.1.0 -rw-r--r-- x",
		"usr/lib/arm64/liby.so -rw-r--r-- usr/lib/arm64/a-link", "var drwxr-xr-x",
	}
	if diff := cmp.Diff(want, entries(t, s, 0)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff("/.\n/bin\n/bin/sh\n/bin/zsh\n/lib\n/lib/arm64\n/lib/arm64/libx.so.1\n/lib/arm64/libx.so.1.0\n/usr\n/usr/lib\n/usr/lib/arm64\n"+
		"/usr/lib/arm64/liby.so\n/usr/lib/arm64/a-link\n/lib64\n/var\n/var/run\n/var/run/demo\n/lib32\n/lib32/x\n", info(t, s, "demo.list")); diff != "" {
		t.Errorf("the list (-want +got)\n%s", diff)
	}
	if _, err := layers.Build(t.Context(), []layers.Spec{{Name: "demo", Entries: func() ([]layers.Entry, error) { return s.Entries(t.Context(), []int{0}) }}}, layers.Options{}); err != nil {
		t.Error(err)
	}
}

// info returns a file of dpkg's info directory.
func info(t testing.TB, s *Set, name string) string {
	t.Helper()
	members := make([]int, len(s.Packages()))
	for i := range members {
		members[i] = i
	}
	list, err := s.Entries(t.Context(), members)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Path == infoDir+"/"+name {
			return string(e.Data)
		}
	}
	t.Errorf("there is no %s", name)
	return ""
}

func TestRefusedOnBase(t *testing.T) {
	for want, files := range map[string][]debtest.File{
		`the base's link to "/usr/bin"`:   {{Path: "bin", Link: "other"}},
		`base's link to "/usr/lib"`:       {{Path: "lib", Data: "x"}},
		`it is at "/usr/bin/x"`:           {{Path: "bin/x", Data: "x"}, {Path: "usr/bin/x", Data: "y"}},
		"dpkg's own files":                {{Path: "var/lib/dpkg/info/libc6.postinst", Data: "x"}},
		"among dpkg's own files":          {{Path: "var/lib/dpkg/status", Link: "/etc/passwd"}},
		`is at "/usr/lib/x" on the base,`: {{Path: "lib/x/"}, {Path: "usr/lib/x", Link: "y"}},
	} {
		s := newSet(t, merged, debtest.Deb{Name: "demo", Files: files, NoMd5sums: true})
		var path *deb.PathError
		if _, err := s.Entries(t.Context(), []int{0}); !errors.As(err, &path) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v", want, err)
		}
	}
}

func TestInfo(t *testing.T) {
	s := newSet(t, nil, debtest.Deb{
		Name: "libdemo1", Fields: "Multi-Arch: same\n", Compression: "xz",
		Control: map[string]string{"postinst": "#!/bin/sh\n", "conffiles": "/etc/demo\n", "triggers": "activate-noawait ldconfig\n"},
		Files:   []debtest.File{{Path: "etc/demo", Data: "x"}},
	})
	list, err := s.Entries(t.Context(), []int{0})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		if strings.HasPrefix(e.Path, infoDir) {
			got = append(got, fmt.Sprintf("%s %v", e.Path[len(infoDir)+1:], e.Mode))
		}
	}
	want := []string{
		"libdemo1:arm64.list -rw-r--r--", "libdemo1:arm64.md5sums -rw-r--r--", "libdemo1:arm64.conffiles -rw-r--r--",
		"libdemo1:arm64.postinst -rwxr-xr-x", "libdemo1:arm64.triggers -rw-r--r--",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	tree, err := s.Tree(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if c := tree.Conffiles(); len(c) != 1 || c[0].Path != "/etc/demo" || c[0].Sum.String() != "9dd4e461268c8034f5c8564e155c67a6" {
		t.Errorf("conffiles %v", c)
	}
}

func TestReplaces(t *testing.T) {
	old := debtest.Deb{Name: "old", Version: "1", Files: []debtest.File{
		{Path: "bin/a", Data: "old"}, {Path: "usr/bin/c", Hard: "./bin/a"}, {Path: "usr/bin/b", Data: "only old"}, {Path: "usr/bin/l", Link: "old"}, {Path: "etc/x/", Mode: 0o700},
	}}
	for _, replaces := range []string{"old", "other, old (<< 2)"} {
		for _, second := range []bool{true, false} {
			neu := debtest.Deb{Name: "new", Fields: "Replaces: " + replaces + "\n", Files: []debtest.File{{Path: "usr/bin/a", Data: "new"}, {Path: "usr/bin/l", Link: "new"}, {Path: "etc/x/"}}}
			debs, first, dir := []debtest.Deb{old, neu}, 0, "etc/x drwx------"
			if !second {
				debs, first, dir = []debtest.Deb{neu, old}, 1, "etc/x drwxr-xr-x"
			}
			s := newSet(t, merged, debs...)
			want := []string{
				"etc drwxr-xr-x", dir, "usr drwxr-xr-x", "usr/bin drwxr-xr-x", "usr/bin/a -rw-r--r-- new", "usr/bin/b -rw-r--r-- only old",
				"usr/bin/c -rw-r--r-- old", "usr/bin/l Lrwxrwxrwx new",
			}
			if diff := cmp.Diff(want, entries(t, s, 0, 1)); diff != "" {
				t.Errorf("Replaces: %s, second %v: (-want +got)\n%s", replaces, second, diff)
			}
			if list := info(t, s, "old.list"); strings.Contains(list, "/bin/a\n") || !strings.Contains(list, "/usr/bin/b\n") {
				t.Errorf("the list of what was replaced: %q", list)
			}
			alone := entries(t, s, first)
			if i := slices.IndexFunc(alone, func(l string) bool { return strings.HasPrefix(l, "usr/bin/a ") }); i >= 0 {
				t.Errorf("in a layer of its own: %q", alone[i])
			}
		}
	}
	for _, fields := range []string{"", "Replaces: old (<< 1)\n", "Replaces: older\n"} {
		neu := debtest.Deb{Name: "new", Fields: fields, Files: []debtest.File{{Path: "usr/bin/a", Data: "old"}}}
		_, err := New(open(t, old, neu), Options{Links: merged})
		var overwrite *OverwriteError
		if !errors.As(err, &overwrite) || overwrite.Path != "usr/bin/a" {
			t.Errorf("%q: error %v", fields, err)
		}
	}
	twice := debtest.Deb{Name: "new", Files: []debtest.File{{Path: "usr/bin/l", Link: "new"}}}
	if _, err := newSet(t, merged, old, twice).Entries(t.Context(), []int{0, 1}); err == nil || !strings.Contains(err.Error(), "/usr/bin/l") {
		t.Errorf("a link of both: error %v", err)
	}
	if _, err := New(open(t, old, old), Options{}); err == nil {
		t.Error("a package twice: no error")
	}
}

func TestKey(t *testing.T) {
	a := debtest.Deb{Name: "a", Files: []debtest.File{{Path: "usr/a", Data: "a"}}}
	b := debtest.Deb{Name: "b", Files: []debtest.File{{Path: "usr/b", Data: "b"}}}
	steals := debtest.Deb{Name: "c", Fields: "Replaces: a\n", Files: []debtest.File{{Path: "usr/a", Data: "c"}}}
	key := func(links map[string]string, members []int, debs ...debtest.Deb) string {
		parts, ok := newSet(t, links, debs...).Key(members)
		if !ok {
			t.Error("no key")
		}
		return layers.NewKey(parts...).String()
	}
	base := key(merged, []int{0}, a)
	if got := key(merged, []int{1}, b, a); got != base {
		t.Error("another package beside it changes the key")
	}
	if got := key(merged, []int{1, 0}, a, b); got != key(merged, []int{0, 1}, a, b) || got == base {
		t.Error("the order of members changes the key, or the members don't")
	}
	for name, got := range map[string]string{
		"the base's links": key(nil, []int{0}, a),
		"a deep link":      key(with(merged, "usr/share/deep"), []int{0}, debtest.Deb{Name: "a", Files: []debtest.File{{Path: "usr/share/deep/a", Data: "a"}}}),
		"the version":      key(merged, []int{0}, debtest.Deb{Name: "a", Version: "2", Files: a.Files}),
		"what is lost":     key(merged, []int{0}, a, steals),
	} {
		if got == base {
			t.Errorf("%s doesn't change the key", name)
		}
	}
	if key(with(merged, "usr/share/deep"), []int{0}, a) != base {
		t.Error("a deep link that has nothing to do with it changes the key")
	}
	p, err := deb.Open(t.Context(), a.Write(t, t.TempDir()), deb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New([]*deb.Package{p}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Key([]int{0}); ok {
		t.Error("a key without a digest")
	}
}

// with is links and one more, to a directory beside it.
func with(links map[string]string, link string) map[string]string {
	links = maps.Clone(links)
	links[link] = link + "-real"
	return links
}

// A directory of a package that is a link on the base stays one, however deep.
func TestDeepLink(t *testing.T) {
	d := debtest.Deb{Name: "demo", Files: []debtest.File{{Path: "usr/share/deep/a", Data: "a"}, {Path: "lib/deep/b", Data: "b"}}}
	links := with(with(merged, "usr/share/deep"), "usr/lib/deep")
	want := []string{
		"usr drwxr-xr-x", "usr/lib/deep-real/b -rw-r--r-- b", "usr/share drwxr-xr-x", "usr/share/deep-real/a -rw-r--r-- a",
	}
	if diff := cmp.Diff(want, entries(t, newSet(t, links, d), 0)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDiversions(t *testing.T) {
	list, err := ParseDiversions([]byte("/usr/share/man/sh.1\n/usr/share/man/sh.distrib.1\ndash\n/bin/ls\n/bin/ls.real\n:\n"))
	if err != nil {
		t.Fatal(err)
	}
	files := []debtest.File{{Path: "usr/share/man/sh.1", Data: "sh"}, {Path: "usr/bin/ls", Data: "ls"}, {Path: "usr/bin/sl", Hard: "./usr/bin/ls"}}
	for name, want := range map[string][]string{
		"bash": {"usr drwxr-xr-x", "usr/bin drwxr-xr-x", "usr/bin/ls.real -rw-r--r-- ls", "usr/bin/sl -rw-r--r-- usr/bin/ls.real", "usr/share drwxr-xr-x", "usr/share/man drwxr-xr-x", "usr/share/man/sh.distrib.1 -rw-r--r-- sh"},
		"dash": {"usr drwxr-xr-x", "usr/bin drwxr-xr-x", "usr/bin/ls.real -rw-r--r-- ls", "usr/bin/sl -rw-r--r-- usr/bin/ls.real", "usr/share drwxr-xr-x", "usr/share/man drwxr-xr-x", "usr/share/man/sh.1 -rw-r--r-- sh"},
	} {
		s, err := New(open(t, debtest.Deb{Name: name, Files: files}), Options{Links: merged, Diversions: list, TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, entries(t, s, 0)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"/a\n", "/a\n/b\n", "a\n/b\nc\n", "/a\nb\nc\n", "/a\n/b\n\n"} {
		if _, err := ParseDiversions([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
	if list, err := ParseDiversions(nil); err != nil || len(list) != 0 {
		t.Errorf("none: %v, error %v", list, err)
	}
}

func TestTaken(t *testing.T) {
	s := newSet(t, merged, debtest.Deb{Name: "new", Fields: "Replaces: old (<< 2)\n", Files: []debtest.File{{Path: "bin/a", Data: "a"}, {Path: "usr/bin/b", Data: "b"}}})
	owner := func(name, version string) Owner {
		return func(path string) (string, string, bool) { return name, version, path == "usr/bin/a" }
	}
	got, err := s.Taken(owner("old", "1"))
	if diff := cmp.Diff(map[string][]string{"old": {"usr/bin/a"}}, got); diff != "" || err != nil {
		t.Errorf("error %v (-want +got)\n%s", err, diff)
	}
	if got, err := s.Taken(owner("new", "0")); err != nil || len(got) > 0 {
		t.Errorf("its own: %v, error %v", got, err)
	}
	for _, o := range []Owner{owner("old", "2"), owner("other", "1")} {
		var overwrite *OverwriteError
		if _, err := s.Taken(o); !errors.As(err, &overwrite) {
			t.Errorf("error %v", err)
		}
	}
}

// base is a virtual root of some files.
func base(t testing.TB, files ...root.File) *root.Root {
	t.Helper()
	r := root.New(root.Options{})
	for _, f := range files {
		if err := r.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestSettle(t *testing.T) {
	a := debtest.Deb{Name: "a", Files: []debtest.File{{Path: "var/mail/", Mode: 0o755}, {Path: "srv/x/", Mode: 0o700}, {Path: "opt/a", Data: "a"}}}
	b := debtest.Deb{Name: "b", Files: []debtest.File{{Path: "srv/x/", Mode: 0o750}, {Path: "opt/b", Data: "b"}}}
	s := newSet(t, merged, a, b)
	r := base(t, root.File{Path: "/var/mail", Mode: fs.ModeDir | fs.ModeSetgid | 0o775, GID: 8}, root.File{Path: "/opt", Mode: fs.ModeDir | 0o755})
	list, err := s.Settle(t.Context(), r, [][]int{{0}, {1}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, fmt.Sprintf("%s %v %d", e.Path, e.Mode, e.GID))
	}
	if diff := cmp.Diff([]string{"srv/x drwx------ 0", "var/mail dgrwxrwxr-x 8"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if list, err := s.Settle(t.Context(), base(t), [][]int{{0, 1}}); err != nil || len(list) != 0 {
		t.Errorf("in one layer on nothing: %v, error %v", list, err)
	}
}

func TestDropped(t *testing.T) {
	s := newSet(t, merged, debtest.Deb{Name: "demo", Version: "2", Files: []debtest.File{{Path: "usr/bin/demo", Data: "2"}, {Path: "usr/share/demo/new", Data: "2"}}})
	var files []root.File
	list := "/.\n/bin\n/usr\n/usr/bin\n/usr/share\n/etc\n"
	for _, p := range []string{"/usr/bin/demo", "/usr/bin/old", "/usr/lib/demo/a", "/usr/lib/demo/b/c", "/usr/share/demo/old", "/etc/demo.conf", "/usr/share/both", "/usr/lib/more/mine"} {
		files = append(files, root.File{Path: p, Mode: 0o644, Data: []byte("1"), Size: 1})
	}
	files = append(files, root.File{Path: "/usr/lib/more/local", Mode: 0o644})
	list += "/usr/bin/demo\n/bin/old\n/usr/lib/demo\n/usr/lib/demo/a\n/usr/lib/demo/b\n/usr/lib/demo/b/c\n/usr/share/demo\n/usr/share/demo/old\n/etc/demo.conf\n/usr/share/both\n/usr/lib/more\n/usr/lib/more/mine\n/usr/absent\n"
	keep := func(p string) bool { return p == "/etc/demo.conf" || p == "/usr/share/both" }
	got, err := s.Dropped(t.Context(), base(t, files...), []Old{{List: []byte(list), Keep: keep}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"usr/bin/old", "usr/lib/demo", "usr/lib/more/mine", "usr/share/demo/old"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestNothingLeft leaves no file behind, when all goes well and when it doesn't.
func TestNothingLeft(t *testing.T) {
	dir := t.TempDir()
	good := debtest.Deb{Name: "good", Files: []debtest.File{{Path: "x", Data: "x"}}}
	bad := debtest.Deb{Name: "bad", Control: map[string]string{"md5sums": strings.Repeat("0", 32) + "  y\n"}, Files: []debtest.File{{Path: "y", Data: "y"}}}
	s, err := New(open(t, good, bad), Options{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Entries(t.Context(), []int{0, 1}); err == nil {
		t.Error("a wrong sum: no error")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, error %v", left, err)
	}
}

// TestOrder has packages in the order of what they pre-depend on.
func TestOrder(t *testing.T) {
	list := open(t,
		debtest.Deb{Name: "a", Fields: "Pre-Depends: z (>= 1), virtual\n"},
		debtest.Deb{Name: "b"},
		debtest.Deb{Name: "c", Fields: "Provides: virtual (= 2)\nPre-Depends: a\n"}, // a cycle, which is broken
		debtest.Deb{Name: "d", Fields: "Pre-Depends: absent | b\n"},
		debtest.Deb{Name: "z", Fields: "Depends: y\n"},
		debtest.Deb{Name: "y", Fields: "Pre-Depends: x\n"},
		debtest.Deb{Name: "x"},
	)
	for range 2 {
		var names []string
		for _, p := range Order(list) {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, " "); got != "x y z c a b d" {
			t.Errorf("order %s", got)
		}
		slices.Reverse(list) // the order that they came in doesn't count
	}
}

// TestUnpackAll unpacks several packages at once; one that is broken is named.
func TestUnpackAll(t *testing.T) {
	s := newSet(t, nil, debtest.Deb{Name: "a", Files: []debtest.File{{Path: "usr/a", Data: "x"}}}, debtest.Deb{Name: "b", Files: []debtest.File{{Path: "usr/b", Data: "x"}}})
	if err := s.Unpack(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, s, 0, 1); len(got) != 3 {
		t.Errorf("entries %q", got)
	}
	broken := newSet(t, nil, debtest.Deb{Name: "a", Files: []debtest.File{{Path: "usr/a", Data: "x"}}}, debtest.Deb{Name: "b", Control: map[string]string{"md5sums": strings.Repeat("0", 32) + "  usr/b\n"}, Files: []debtest.File{{Path: "usr/b", Data: "x"}}})
	if err := broken.Unpack(t.Context(), 2); err == nil || !strings.Contains(err.Error(), "b_1_arm64.deb") {
		t.Errorf("error %v", err)
	}
}
