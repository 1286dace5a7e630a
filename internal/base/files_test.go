package base_test

import (
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

type documents map[string][]byte

func (d documents) Get(kind, key string) ([]byte, bool)     { b, ok := d[kind+" "+key]; return b, ok }
func (d documents) Put(kind, key string, data []byte) error { d[kind+" "+key] = data; return nil }

// TestReadFiles lists a base whose upper layer replaces, hides and links what
// the lower ones have, and reads it back from a store.
func TestReadFiles(t *testing.T) {
	img := embeddedbase.Image(on(
		embeddedbase.File{Path: "etc/app/conf", Data: "small"},
		embeddedbase.File{Path: "opt/large", Data: "elsewhere"},
		embeddedbase.File{Path: "opt/same", Hard: "opt/large"},
		embeddedbase.File{Path: "opt/link", Link: "large"},
		embeddedbase.File{Path: "etc/.wh.os-release"},
	))
	store := documents{}
	for _, run := range []string{"cold", "warm"} {
		files, err := base.ReadFiles(t.Context(), img, base.FactsOptions{Store: store, Reading: func() {
			if run == "warm" {
				t.Error("the layers are read again")
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]base.File{}
		last := ""
		for _, f := range files.List() {
			if f.Path <= last {
				t.Errorf("%q comes after %q", f.Path, last)
			}
			got[f.Path], last = f, f.Path
		}
		if f := got["/etc/app/conf"]; string(f.Data) != "small" || f.Mode != 0o644 {
			t.Errorf("%s: %+v", run, f)
		}
		if f := got["/etc/app"]; !f.Mode.IsDir() || f.Mode.Perm() != 0o755 {
			t.Errorf("%s: %+v", run, f)
		}
		if f := got["/opt/link"]; f.Mode.Type() != fs.ModeSymlink || f.Link != "large" {
			t.Errorf("%s: %+v", run, f)
		}
		if _, ok := got["/etc/os-release"]; ok {
			t.Errorf("%s: a hidden file is listed", run)
		}
		for _, p := range []string{"/opt/large", "/opt/same"} {
			if got[p].Data != nil {
				t.Errorf("%s: the content of %s is kept", run, p)
			}
			rc, err := files.Open(t.Context(), got[p])
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(rc)
			if err != nil || string(b) != "elsewhere" {
				t.Errorf("%s: %s: %q, %v", run, p, b, err)
			}
			if err := rc.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := files.Open(t.Context(), got["/opt"]); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", run, err)
		}
	}
}
