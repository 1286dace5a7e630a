package base

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/embeddedbase"
)

// FuzzScanTar feeds two layers. Whatever they hold, paths stay clean and
// inside the root, directories lie in directories, and facts can be drawn.
func FuzzScanTar(f *testing.F) {
	f.Add(embeddedbase.Tar(embeddedbase.File{Path: "usr/bin/python3.9", Data: "x"}), embeddedbase.Tar(embeddedbase.File{Path: "usr/bin/python3", Link: "python3.9"}))
	f.Add(embeddedbase.Tar(embeddedbase.File{Path: "a", Link: "../.."}, embeddedbase.File{Path: "a/b/", Mode: 0o700}), embeddedbase.Tar(embeddedbase.File{Path: ".wh.a"}, embeddedbase.File{Path: "x/.wh..wh..opq"}))
	f.Add(embeddedbase.Tar(embeddedbase.File{Path: "f", Data: "x"}, embeddedbase.File{Path: "g", Hard: "f"}), []byte("no tar"))
	f.Fuzz(func(t *testing.T, lower, upper []byte) {
		tree := newTree()
		b := new(budget)
		for i, layer := range [][]byte{lower, upper} {
			entries, err := scanTar(bytes.NewReader(layer), b)
			if err != nil {
				if entries != nil {
					t.Fatal("entries besides an error")
				}
				return
			}
			if err := tree.apply(i+1, entries); err != nil {
				return
			}
		}
		tree.each(func(n *node) {
			if n.path != path.Clean("/"+n.path) || len(n.path) > maxPath {
				t.Fatalf("path %q", n.path)
			}
			if (n.children != nil) != (n.kind == isDir) {
				t.Fatalf("%q is of kind %d with children %v", n.path, n.kind, n.children)
			}
			for name, c := range n.children {
				if c.path != join(n.path, name) || strings.HasPrefix(name, whiteoutPrefix) {
					t.Fatalf("%q lies in %q as %q", c.path, n.path, name)
				}
			}
		})
		facts, err := gather(tree, &v1.ConfigFile{Architecture: "arm64"})
		if err != nil {
			return
		}
		for _, d := range facts.Dirs {
			if r, ok := facts.Resolve(d); !ok || r != d {
				t.Fatalf("directory %q resolves to %q", d, r)
			}
		}
		for l := range facts.Links {
			if !facts.HasDir(l) {
				t.Fatalf("link %q leads to no directory", l)
			}
		}
	})
}

func FuzzPasswd(f *testing.F) {
	f.Add([]byte("root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/x\n+::::::\n"))
	f.Add([]byte("a:x:4294967296:0:::\r\n:x:1:1:::\nx:y:-1:+1:::"))
	f.Fuzz(func(t *testing.T, b []byte) {
		users, groups := parsePasswd(b), parseGroup(b)
		var passwd, group bytes.Buffer
		for _, u := range users {
			if u.UID < 0 || u.UID > maxID || u.GID < 0 || u.GID > maxID || u.Name == "" {
				t.Fatalf("user %+v", u)
			}
			fmt.Fprintf(&passwd, "%s:x:%d:%d::%s:%s\n", u.Name, u.UID, u.GID, u.Home, u.Shell)
		}
		for _, g := range groups {
			fmt.Fprintf(&group, "%s:x:%d:\n", g.Name, g.GID)
		}
		if got := fmt.Sprint(parsePasswd(passwd.Bytes())); got != fmt.Sprint(users) {
			t.Fatalf("%v was printed and read as %v", users, got)
		}
		if got := fmt.Sprint(parseGroup(group.Bytes())); got != fmt.Sprint(groups) {
			t.Fatalf("%v was printed and read as %v", groups, got)
		}
		// What Accounts writes, it reads again, and then has nothing to do.
		facts := &Facts{Passwd: b, Group: b, Users: users, Groups: groups}
		spec := UserSpec{Name: "appuser", UID: 1000, GID: 1000}
		p, g, _, err := Accounts(facts, nil, []UserSpec{spec})
		if err != nil {
			return
		}
		if !bytes.HasPrefix(p, b) || !bytes.HasPrefix(g, b) {
			t.Fatal("existing lines were changed")
		}
		again := &Facts{Passwd: p, Group: g, Users: parsePasswd(p), Groups: parseGroup(g)}
		if _, _, changed, err := Accounts(again, nil, []UserSpec{spec}); changed || err != nil {
			t.Fatalf("the second time: changed %v, %v", changed, err)
		}
	})
}

func FuzzDpkgStatus(f *testing.F) {
	f.Add([]byte("Package: a\nStatus: install ok installed\nVersion: 1:2-3\nArchitecture: arm64\nSource: s (9)\nProvides: x (= 1), y\n"))
	f.Add([]byte("Package: b\nStatus: deinstall ok config-files\nVersion: 1\n continuation\n\n\nP: x\n"))
	f.Add([]byte("no colon"))
	f.Fuzz(func(t *testing.T, b []byte) {
		packages, err := parseDpkgStatus(b)
		if err != nil {
			if packages != nil {
				t.Fatal("packages besides an error")
			}
			return
		}
		var printed bytes.Buffer
		for _, p := range packages {
			if p.Name == "" || p.Version == "" {
				t.Fatalf("package %+v", p)
			}
			fmt.Fprintf(&printed, "Package: %s\nStatus: install ok installed\nVersion: %s\nArchitecture: %s\nMaintainer: %s\nProvides: %s\n",
				p.Name, p.Version, p.Arch, p.Maintainer, strings.Join(p.Provides, ", "))
			if p.Source != "" {
				fmt.Fprintf(&printed, "Source: %s (%s)\n", p.Source, p.SourceVersion)
			}
			printed.WriteByte('\n')
		}
		again, err := parseDpkgStatus(printed.Bytes())
		if err != nil || fmt.Sprint(again) != fmt.Sprint(packages) {
			t.Fatalf("%+v was printed and read as %+v, %v", packages, again, err)
		}
	})
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte("../../../bin/pip,sha256=x,3\npip/__init__.py,,\n\"a,b\",,\n"))
	f.Add([]byte("../../../../../../../etc/passwd,,\n/abs,,\n,,\n\"open"))
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := parseRecord(b, "/usr/lib/x")
		if err != nil && files != nil {
			t.Fatal("files besides an error")
		}
		for _, p := range files {
			if p != path.Clean("/"+p) {
				t.Fatalf("path %q", p)
			}
		}
	})
}

func FuzzGlibcVersion(f *testing.F) {
	f.Add([]byte("GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\n"), 3)
	f.Fuzz(func(t *testing.T, b []byte, step int) {
		whole, err := findVersion("/lib/libc.so.6", bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := findVersion("/lib/libc.so.6", &stepReader{b: b, step: max(1, step&0xff)})
		if err != nil || whole != pieces {
			t.Fatalf("in one piece %q, in several %q, %v", whole, pieces, err)
		}
	})
}

// stepReader gives a few bytes at a time.
type stepReader struct {
	b    []byte
	step int
}

func (s *stepReader) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.step)], s.b)
	s.b = s.b[n:]
	return n, nil
}
