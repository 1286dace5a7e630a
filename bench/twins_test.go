package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/wheeltest"
)

// TestTwins makes the twin of a wheel with every kind of file and holds it to
// all that a wheel is held to.
func TestTwins(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o755); err != nil {
		t.Fatal(err)
	}
	w := wheeltest.Wheel{
		Name: "some_thing", Version: "1.2",
		Files: []wheeltest.File{
			{Name: "some/__init__.py", Data: []byte("x = 1\n"), Descriptor: true},
			{Name: "some_thing-1.2.data/scripts/"},
			{Name: "some_thing-1.2.data/scripts/tool", Data: []byte("#!python\n")},
			{Name: "some_thing-1.2.data/data/share/note.txt", Data: []byte("note")},
			{Name: "some_thing-1.2.data/headers/some.h", Data: []byte("int x;")},
		},
		EntryPoints: "[console_scripts]\nrun = some:main\n[other]\nrun = some:x\n",
	}
	if err := os.WriteFile(filepath.Join(in, w.Filename()), w.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	lock := filepath.Join(dir, "lock")
	if err := os.WriteFile(lock, []byte("some-thing==1.2 --hash=sha256:00\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := makeTwins(t.Context(), lock, in, out); err != nil {
		t.Fatal(err)
	}
	opened, err := openWheels(t.Context(), out, 1)
	if err != nil {
		t.Fatal(err)
	}
	var names, paths []string
	for _, w := range opened {
		names = append(names, w.Metadata.Name)
	}
	if diff := cmp.Diff([]string{"some_thing", "some_thing-twin"}, names); diff != "" {
		t.Errorf("projects (-want +got):\n%s", diff)
	}
	if c, err := conflictsOf(opened); err != nil || len(c) > 0 {
		t.Errorf("the twin shares paths: %v, %v", c, err)
	}
	entries, err := opened[1].Entries(scheme)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.Contains(e.Path, ".dist-info/") {
			paths = append(paths, e.Path)
		}
	}
	want := []string{
		"usr/local/bin/run-twin",
		"usr/local/bin/tool-twin",
		"usr/local/include/python3.10/some_thing-twin/twin/some.h",
		sitePackages + "/twin/some/__init__.py",
		"usr/local/twin/share/note.txt",
	}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	var points []string
	for _, p := range opened[1].EntryPoints {
		points = append(points, p.Group+": "+p.Name)
	}
	if diff := cmp.Diff([]string{"console_scripts: run-twin", "other: run"}, points); diff != "" {
		t.Errorf("entry points (-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(filepath.Join(out, "lock.txt"))
	if err != nil {
		t.Fatal(err)
	}
	digest := opened[1].Source.Digest()
	if want := "some-thing==1.2 --hash=sha256:00\nsome-thing-twin==1.2 --hash=sha256:" + digest + "\n"; string(text) != want {
		t.Errorf("lock is %q, not %q", text, want)
	}
}
