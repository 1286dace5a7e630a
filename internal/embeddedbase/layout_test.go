package embeddedbase_test

import (
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

// readTree returns the files under dir by name.
func readTree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(root, path)
		out[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("%s holds no files", dir)
	}
	return out
}

func TestCommittedLayoutIsTheGenerators(t *testing.T) {
	dir := t.TempDir()
	err := manifest.WriteLayout(t.Context(), dir, embeddedbase.Image(embeddedbase.Options{}), manifest.LayoutOptions{Tag: "latest"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(readTree(t, dir), readTree(t, "layout")); diff != "" {
		t.Errorf("run go generate: layout/ differs (-generator +committed):\n%s", diff)
	}
}

func TestWriteLayoutGivesTheEmbeddedImage(t *testing.T) {
	dir := t.TempDir()
	if err := embeddedbase.WriteLayout(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(readTree(t, "layout"), readTree(t, dir)); diff != "" {
		t.Errorf("-committed +written:\n%s", diff)
	}
	img, err := embeddedbase.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(img); err != nil {
		t.Error(err)
	}
	cf, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := cf.Platform().String(); got != "linux/arm64/v8" {
		t.Errorf("platform is %s", got)
	}
}

func TestImages(t *testing.T) {
	for name, opt := range map[string]embeddedbase.Options{
		"plain":          {},
		"docker":         {Docker: true},
		"amd64":          {Arch: "amd64"},
		"without python": {WithoutPython: true},
		"no history":     {WithoutHistory: true},
		"more layers":    {Layers: [][]embeddedbase.File{{{Path: "etc/.wh.passwd"}}, {{Path: "srv/x/"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			img := embeddedbase.Image(opt)
			if err := validate.Image(img); err != nil {
				t.Error(err)
			}
			if a, b := digest(t, img), digest(t, embeddedbase.Image(opt)); a != b {
				t.Errorf("made twice, it has digests %s and %s", a, b)
			}
		})
	}
}

func digest(t *testing.T, img v1.Image) v1.Hash {
	t.Helper()
	h, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h
}
