package ground_test

import (
	"testing"
	"testing/fstest"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/ground"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

// TestRoot reads a base through all three: layers, virtual root, io/fs.
func TestRoot(t *testing.T) {
	img := embeddedbase.Image(embeddedbase.Options{Layers: [][]embeddedbase.File{{
		{Path: "etc/apt/sources.list", Data: "deb http://deb.example.com/debian bookworm main\n"},
		{Path: "opt/large", Data: "from the layer"},
		{Path: "opt/same", Hard: "opt/large"},
		{Path: "srv", Link: "/opt"},
	}}})
	list, err := base.ReadFiles(t.Context(), img, base.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := ground.Root(t.Context(), list, root.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if changes, err := r.Changes(); err != nil || len(changes) != 0 {
		t.Errorf("the base itself is a change: %v, %v", changes, err)
	}
	fsys := ground.FS(r)
	for name, want := range map[string]string{
		"etc/apt/sources.list": "deb http://deb.example.com/debian bookworm main\n",
		"srv/large":            "from the layer",
		"opt/same":             "from the layer",
	} {
		b, err := fsys.(interface {
			ReadFile(string) ([]byte, error)
		}).ReadFile(name)
		if err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

// TestFS holds the file system against the rules of its interfaces.
func TestFS(t *testing.T) {
	r := root.New(root.Options{})
	for _, f := range []root.File{
		{Path: "a/b/c", Mode: 0o644, Data: []byte("x")},
		{Path: "a/d", Mode: 0o600, Data: []byte{}},
	} {
		if err := r.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := fstest.TestFS(ground.FS(r), "a/b/c", "a/d"); err != nil {
		t.Error(err)
	}
}
