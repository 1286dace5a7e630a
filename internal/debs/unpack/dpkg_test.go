package unpack

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/layers"
)

// TestAgainstDpkg extracts packages with dpkg-deb, too: one with some of
// everything, and those in the directory that ASSEMBLE_DEBS names.
func TestAgainstDpkg(t *testing.T) {
	program, err := exec.LookPath("dpkg-deb")
	if err != nil {
		t.Skip("skipped: no dpkg-deb")
	}
	paths, err := filepath.Glob(filepath.Join(os.Getenv("ASSEMBLE_DEBS"), "*.deb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, compression := range []string{"xz", "gz", ""} {
		d := debtest.Deb{Name: "demo", Compression: compression, Files: []debtest.File{
			{Path: "usr/bin/b", Data: "b", Mode: 0o4755},
			{Path: "usr/bin/a", Hard: "./usr/bin/b"},
			{Path: "usr/share/x/", Mode: 0o1777},
			{Path: "usr/bin/c", Link: "../share/x"},
			{Path: "etc/" + strings.Repeat("long", 40), Data: strings.Repeat("y", 100_000)},
			{Path: "etc/empty"},
		}}
		paths = append(paths, d.Write(t, t.TempDir()))
	}
	for _, path := range paths {
		p, err := deb.Open(t.Context(), path, deb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := New([]*deb.Package{p}, Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "x")
		if out, err := exec.CommandContext(t.Context(), program, "-x", path, dir).CombinedOutput(); err != nil {
			t.Fatalf("dpkg-deb: %v: %s", err, out)
		}
		list, err := s.Entries(t.Context(), []int{0})
		if err != nil {
			t.Fatal(err)
		}
		compare(t, filepath.Base(path), list, dir)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	}
}

// compare holds entries against a directory tree.
func compare(t *testing.T, name string, list []layers.Entry, dir string) {
	t.Helper()
	have := map[string]bool{}
	for _, e := range list {
		if strings.HasPrefix(e.Path, infoDir) {
			continue
		}
		have[e.Path] = true
		at := filepath.Join(dir, e.Path)
		info, err := os.Lstat(at)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if info.Mode() != e.Mode {
			t.Errorf("%s: %s: mode %v, but dpkg-deb gives %v", name, e.Path, e.Mode, info.Mode())
		}
		switch {
		case e.Mode.Type() == fs.ModeSymlink:
			if link, err := os.Readlink(at); err != nil || link != e.Link {
				t.Errorf("%s: %s: link to %q, but dpkg-deb gives %q (%v)", name, e.Path, e.Link, link, err)
			}
		case e.HardLink != "":
			if first, err := os.Lstat(filepath.Join(dir, e.HardLink)); err != nil || !os.SameFile(info, first) {
				t.Errorf("%s: %s is not the same file as %s (%v)", name, e.Path, e.HardLink, err)
			}
		case e.Mode.IsRegular():
			compareContent(t, name, e, at)
		}
	}
	if err := filepath.WalkDir(dir, func(p string, _ fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(dir, p); rel != "." && !have[rel] {
			t.Errorf("%s: only dpkg-deb has %s", name, rel)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

func compareContent(t *testing.T, name string, e layers.Entry, at string) {
	t.Helper()
	want, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	if e.Open != nil {
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		if got, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %s: content of %d bytes, dpkg-deb's has %d", name, e.Path, len(got), len(want))
	}
}
