package app

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/layers"
)

// build makes a tree from lines "path content", "path/", "path -> target"; a
// path that ends in * is executable.
func build(t *testing.T, dir string, lines ...string) string {
	t.Helper()
	for _, line := range lines {
		name, content, _ := strings.Cut(line, " ")
		file, exec := strings.CutSuffix(name, "*")
		p := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		target, isLink := strings.CutPrefix(content, "-> ")
		switch {
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(p, 0o700)
		case isLink:
			err = os.Symlink(target, p)
		default:
			mode := fs.FileMode(0o600)
			if exec {
				mode = 0o710
			}
			err = os.WriteFile(p, []byte(strings.ReplaceAll(content, "|", "\n")), mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func walk(t *testing.T, from, to string, opt Options) *Tree {
	t.Helper()
	tree, err := Walk(t.Context(), from, to, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
	})
	return tree
}

// show renders entries as "mode path" with link or content.
func show(t *testing.T, tree *Tree) []string {
	t.Helper()
	var out []string
	for _, e := range entries(t, tree) {
		s := fmt.Sprintf("%v %s", e.Mode, e.Path)
		if e.Link != "" {
			s += " -> " + e.Link
		}
		if e.Open != nil {
			r, err := e.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(b); string(sum[:]) != string(e.SHA256) || e.Size != int64(len(b)) {
				t.Errorf("%s: wrong size or SHA-256", e.Path)
			}
			s += " " + string(b)
		}
		out = append(out, s)
	}
	return out
}

// entries returns what the tree streams.
func entries(t *testing.T, tree *Tree) []layers.Entry {
	t.Helper()
	var list []layers.Entry
	for e, err := range tree.Stream() {
		if err != nil {
			t.Fatal(err)
		}
		e.SHA256 = slices.Clone(e.SHA256)
		list = append(list, e)
	}
	return list
}

// pathsIn returns the paths that made it, less the root's.
func pathsIn(t *testing.T, tree *Tree) []string {
	t.Helper()
	out := []string{}
	for _, e := range entries(t, tree) {
		if rel, ok := strings.CutPrefix(e.Path, "a/"); ok {
			out = append(out, rel)
		}
	}
	return out
}

func TestWalk(t *testing.T) {
	dir := build(t, t.TempDir(), "main.py code", "run.sh* #!/bin/sh", "pkg/data/x.bin data", "pkg-a y", "empty/", "link -> pkg/data",
		"pkg/up -> ../main.py", "dangling -> not/there", "nothing ")
	tree := walk(t, dir, "/app/src/", Options{Name: "src", UID: 3, GID: 4})
	want := []string{
		"drwxr-xr-x app/src",
		"Lrwxrwxrwx app/src/dangling -> not/there",
		"drwxr-xr-x app/src/empty",
		"Lrwxrwxrwx app/src/link -> pkg/data",
		"-rw-r--r-- app/src/main.py code",
		"-rw-r--r-- app/src/nothing ",
		"drwxr-xr-x app/src/pkg",
		"-rw-r--r-- app/src/pkg-a y",
		"drwxr-xr-x app/src/pkg/data",
		"-rw-r--r-- app/src/pkg/data/x.bin data",
		"Lrwxrwxrwx app/src/pkg/up -> ../main.py",
		"-rwxr-xr-x app/src/run.sh #!/bin/sh",
	}
	if diff := cmp.Diff(want, show(t, tree)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if tree.Files != 5 || tree.Size != 18 || len(tree.Notes) != 0 {
		t.Errorf("%d files, %d bytes, notes %v", tree.Files, tree.Size, tree.Notes)
	}
	for _, e := range entries(t, tree) {
		if e.UID != 3 || e.GID != 4 || e.Owner != "src" {
			t.Errorf("%s belongs to %d:%d, %q", e.Path, e.UID, e.GID, e.Owner)
		}
	}
}

func TestWalkFile(t *testing.T) {
	dir := build(t, t.TempDir(), "model.bin weights", "to -> model.bin", ".dockerignore other")
	for _, from := range []string{"model.bin", "to"} {
		tree := walk(t, filepath.Join(dir, from), "/models/m.bin", Options{Dir: dir, Within: dir})
		if diff := cmp.Diff([]string{"-rw-r--r-- models/m.bin weights"}, show(t, tree)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}

func TestEmptyDirectory(t *testing.T) {
	if got := show(t, walk(t, t.TempDir(), "/a", Options{})); !slices.Equal(got, []string{"drwxr-xr-x a"}) {
		t.Errorf("%q", got)
	}
}

func TestIgnore(t *testing.T) {
	files := []string{"a.py", "a.txt", "b/a.txt", "b/c/a.txt", "b/c/d.py", "docs/x", "keep/x", "keep/y"}
	tests := []struct {
		name                    string
		config, docker, ours    string
		patterns                []string
		want                    []string
		configOurs, wholeConfig string
	}{
		{name: "nothing", want: []string{"a.py", "a.txt", "b", "b/a.txt", "b/c", "b/c/a.txt", "b/c/d.py", "docs", "docs/x", "keep", "keep/x", "keep/y"}},
		{name: "own", docker: "*.txt|/docs/|# keep|", want: []string{"a.py", "b", "b/a.txt", "b/c", "b/c/a.txt", "b/c/d.py", "keep", "keep/x", "keep/y"}},
		{name: "deep", docker: "**/*.txt|docs|b/c|keep/*", want: []string{"a.py", "b", "keep"}},
		{name: "config's", config: "src/docs|src/b/**|docs|*.py|src/keep", want: []string{"a.py", "a.txt", "b"}},
		{name: "exception", docker: "*|!keep/x", want: []string{"keep", "keep/x"}},
		{name: "ours wins", docker: "*", ours: "!b/c", want: []string{"b", "b/c", "b/c/a.txt", "b/c/d.py"}},
		{name: "ours of the config wins over docker's", docker: "docs", configOurs: "!src/docs|src/b|src/keep|src/a.*", want: []string{"docs", "docs/x"}},
		{name: "options win", ours: "*", patterns: []string{"!docs", "keep"}, want: []string{"docs", "docs/x"}},
		{name: "outward patterns", docker: ".|..|../src/docs|/|!|b/../docs", want: []string{"a.py", "a.txt", "b", "b/a.txt", "b/c", "b/c/a.txt", "b/c/d.py", "keep", "keep/x", "keep/y"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range map[string]string{
				".dockerignore": tt.config, ".assembleignore": tt.configOurs,
				"src/.dockerignore": tt.docker, "src/.assembleignore": tt.ours,
			} {
				if text != "" {
					build(t, root, name+" "+text)
				}
			}
			src := build(t, filepath.Join(root, "src"), files...)
			got := pathsIn(t, walk(t, src, "/a", Options{Dir: root, Ignore: tt.patterns}))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestIgnoreInTheConfigsOwnDirectory(t *testing.T) {
	dir := build(t, t.TempDir(), ".dockerignore x", "x 1", "y 2", "assemble.yaml z")
	got := pathsIn(t, walk(t, dir, "/a", Options{Dir: dir, Within: dir}))
	if diff := cmp.Diff([]string{"assemble.yaml", "y"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	// A directory elsewhere takes no notice of the config's patterns.
	other := build(t, t.TempDir(), "x 1")
	if got := pathsIn(t, walk(t, other, "/a", Options{Dir: dir})); !slices.Equal(got, []string{"x"}) {
		t.Errorf("%q", got)
	}
}

func TestPrefixIsNoPattern(t *testing.T) {
	root := build(t, t.TempDir(), "[a]*/x 1", "[a]*/y 2", "[a]*/.dockerignore x")
	src := filepath.Join(root, "[a]*")
	if got := pathsIn(t, walk(t, src, "/a", Options{Dir: root})); !slices.Equal(got, []string{"y"}) {
		t.Errorf("%q", got)
	}
}

const pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----|MII=|-----END ENCRYPTED PRIVATE KEY-----|"

func TestDefaults(t *testing.T) {
	files := []string{
		"main.py ", "__pycache__/main.cpython-310.pyc ", "pkg/old.pyc ", ".git/config ", ".git/sub/x ", "myenv/pyvenv.cfg ", "myenv/lib/x.py ",
		".venv/no-venv ", ".env A=b", ".env.production A=b", ".envelope x", "pkg/.netrc x", "etc/pip.conf x", "tls/server.pem Bag|" + pem,
		"tls/ca.pem -----BEGIN CERTIFICATE-----|", "tests/key.py X = '''|" + pem, ".ssh/config x", "a/cosign.key x", ".dockerignore ",
	}
	kept := []string{".envelope", ".venv", ".venv/no-venv", "a", "etc", "main.py", "pkg", "tests", "tests/key.py", "tls", "tls/ca.pem"}
	notes := []string{
		`skipped "src/.env": it may contain secrets`,
		`skipped "src/.env.production": it may contain secrets`,
		`skipped "src/.ssh": it may contain keys`,
		`skipped "src/a/cosign.key": it is a private key`,
		`skipped "src/etc/pip.conf": it may contain passwords`,
		`skipped "src/pkg/.netrc": it may contain passwords`,
		`skipped "src/tls/server.pem": it contains a private key`,
	}
	tests := []struct {
		name, ignore string
		more         []string
		fewerNotes   []int
	}{
		{name: "as it is"},
		{name: "a broad exception takes nothing back", ignore: "*|!*|!**/*|!pkg|!etc|!tls/**"},
		{name: "by name", ignore: "!.env|!**/*.pem", more: []string{".env", "tls/server.pem"}, fewerNotes: []int{0, 6}},
		{name: "within", ignore: "!.git/sub|!myenv/lib/*.py", more: []string{".git", ".git/sub", ".git/sub/x", "myenv", "myenv/lib", "myenv/lib/x.py"}},
		{name: "a directory", ignore: "!**/__pycache__", more: []string{"__pycache__"}},
		{name: "patterns leave out without a word", ignore: ".env*|.ssh|a|etc|pkg|tls", fewerNotes: []int{0, 1, 2, 3, 4, 5, 6}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := build(t, t.TempDir(), files...)
			build(t, dir, ".dockerignore "+tt.ignore)
			tree := walk(t, dir, "/a", Options{Name: "src"})
			if len(tt.fewerNotes) < 7 {
				want := append(slices.Clone(kept), tt.more...)
				slices.Sort(want)
				if diff := cmp.Diff(want, pathsIn(t, tree)); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
			}
			wantNotes := []string{}
			for i, n := range notes {
				if !slices.Contains(tt.fewerNotes, i) {
					wantNotes = append(wantNotes, n)
				}
			}
			gotNotes := []string{}
			for _, n := range tree.Notes {
				gotNotes = append(gotNotes, n.String())
			}
			if diff := cmp.Diff(wantNotes, gotNotes); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	tests := []struct {
		name  string
		files []string
		want  []string
	}{
		{"absolute link", []string{"l -> /etc/passwd"}, []string{`"src/l" is a symbolic link to "/etc/passwd", outside the app's directory`}},
		{"links upward", []string{"d/l -> ../../x", "m -> .."}, []string{`"src/d/l" is a symbolic link to "../../x"`, `"src/m" is a symbolic link to ".."`}},
		{"a way out by way of links", []string{"here -> .", "d/l -> ../here/../x"}, []string{`"src/d/l" is a symbolic link to "../here/../x", which can't be followed inside`}},
		{"a circle", []string{"l -> l"}, []string{`"src/l" is a symbolic link to "l", which can't be followed`}},
		{"whiteouts", []string{"d/.wh.x", ".wh..wh..opq"}, []string{`"src/.wh..wh..opq" has the name of a whiteout`, `"src/d/.wh.x" has`}},
		{"all ignored", []string{"x", ".dockerignore *"}, []string{"everything in it is excluded"}},
		{"bad pattern", []string{"x", ".dockerignore [a"}, []string{".dockerignore\": syntax error in pattern"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := build(t, t.TempDir(), tt.files...)
			tree, err := Walk(t.Context(), dir, "/a", Options{Name: "src"})
			if err == nil || tree != nil {
				t.Fatalf("%v, %v", tree, err)
			}
			for _, w := range append(tt.want, `reading app "src": `) {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in %q", w, err)
				}
			}
		})
	}
}

func TestFromAndTo(t *testing.T) {
	root := build(t, t.TempDir(), "conf/in/x 1", "out/x 2", "conf/sneak -> ../out", "conf/ok -> in")
	conf := filepath.Join(root, "conf")
	for from, want := range map[string]string{
		"none": "no such file", "../out": "outside the config's directory", "sneak": "outside the config's directory", "in": "", "ok": "",
	} {
		tree, err := Walk(t.Context(), filepath.Join(conf, from), "/a", Options{Name: from, Within: conf})
		switch {
		case want == "" && err == nil:
			if err := tree.Close(); err != nil {
				t.Error(err)
			}
		case want == "" || err == nil || !strings.Contains(err.Error(), want):
			t.Errorf("%s: %v", from, err)
		}
	}
	for _, to := range []string{"", "a", "/", "/a/../b", "//"} {
		if _, err := Walk(t.Context(), conf, to, Options{}); err == nil {
			t.Errorf("to %q is taken", to)
		}
	}
}

func TestChangedFilesAreNoticed(t *testing.T) {
	change := map[string]func(p string) error{
		"longer":    func(p string) error { return os.WriteFile(p, []byte("longer than that"), 0o600) },
		"same size": func(p string) error { return os.WriteFile(p, []byte("atad"), 0o600) },
		"longer, with the old time": func(p string) error {
			fi, err := os.Stat(p)
			if err != nil {
				return err
			}
			if err := os.WriteFile(p, []byte("longer than that"), 0o600); err != nil {
				return err
			}
			return os.Chtimes(p, fi.ModTime(), fi.ModTime())
		},
		"gone": os.Remove,
		"a link out": func(p string) error {
			return swap(p, func() error { return os.Symlink("/etc/hostname", p) })
		},
		"a link inside": func(p string) error {
			return swap(p, func() error { return os.Symlink("other", p) })
		},
		"a directory": func(p string) error {
			return swap(p, func() error { return os.Mkdir(p, 0o700) })
		},
	}
	for name, f := range change {
		t.Run(name, func(t *testing.T) {
			dir := build(t, t.TempDir(), "file data", "other data")
			then := time.Now().Add(-time.Hour)
			if err := os.Chtimes(filepath.Join(dir, "file"), then, then); err != nil {
				t.Fatal(err)
			}
			tree := walk(t, dir, "/a", Options{Name: "src"})
			if err := f(filepath.Join(dir, "file")); err != nil {
				t.Fatal(err)
			}
			r, err := entries(t, tree)[1].Open()
			if err == nil {
				t.Fatalf("opened: %v", r.Close())
			}
			if !strings.Contains(err.Error(), `reading "src/file": `) {
				t.Error(err)
			}
		})
	}
}

func swap(p string, f func() error) error {
	if err := os.Remove(p); err != nil {
		return err
	}
	return f()
}
