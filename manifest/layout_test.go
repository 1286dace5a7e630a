package manifest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/opencontainers/image-spec/schema"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

// tagged returns options with the tag.
func tagged(tag string) manifest.LayoutOptions { return manifest.LayoutOptions{Tag: tag} }

func readFile(t testing.TB, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	must(t, err)
	return b
}

// checkNoTemp fails when a file that is still being written lies in dir.
func checkNoTemp(t *testing.T, dir string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), ".assemble-") {
			t.Errorf("%s is left over", path)
		}
		return err
	}))
}

// checkBlobs fails when a blob's bytes don't hash to its name.
func checkBlobs(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
	must(t, err)
	for _, f := range files {
		h, _, err := v1.SHA256(bytes.NewReader(readFile(t, f)))
		must(t, err)
		if h.Hex != filepath.Base(f) {
			t.Errorf("blob %s hashes to %s", f, h)
		}
	}
	return len(files)
}

func TestLayoutRoundTrip(t *testing.T) {
	for _, docker := range []bool{false, true} {
		t.Run(fmt.Sprintf("docker=%v", docker), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "layout")
			img := assemble(t, embeddedbase.Image(embeddedbase.Options{Docker: docker}))
			var last, total int64
			opt := manifest.LayoutOptions{Tag: "v1", Progress: func(done, all int64) { last, total = done, all }}
			must(t, manifest.WriteLayout(t.Context(), dir, img, opt))
			if last != total || total == 0 {
				t.Errorf("progress ended at %d of %d", last, total)
			}
			if n := checkBlobs(t, dir); n != 6 {
				t.Errorf("there are %d blobs", n)
			}
			checkNoTemp(t, dir)
			for _, ref := range []string{"", "v1", digestOf(t, img).String()} {
				got, err := manifest.ReadLayout(dir, ref, arm64)
				must(t, err)
				if digestOf(t, got) != digestOf(t, img) {
					t.Errorf("%q is %s", ref, digestOf(t, got))
				}
				must(t, validate.Image(got))
			}
			theirs, err := layout.ImageIndexFromPath(dir)
			must(t, err)
			must(t, validate.Index(theirs))
			must(t, schema.ValidatorMediaTypeLayoutHeader.Validate(bytes.NewReader(readFile(t, dir, "oci-layout"))))
			must(t, schema.ValidatorMediaTypeImageIndex.Validate(bytes.NewReader(readFile(t, dir, "index.json"))))
		})
	}
}

// index returns the layout's tags and digests in order.
func index(t *testing.T, dir string) []string {
	t.Helper()
	idx, err := v1.ParseIndexManifest(bytes.NewReader(readFile(t, dir, "index.json")))
	must(t, err)
	var out []string
	for _, d := range idx.Manifests {
		out = append(out, d.Annotations["org.opencontainers.image.ref.name"]+"="+d.Digest.Hex[:8])
	}
	return out
}

func TestTagsMove(t *testing.T) {
	dir := t.TempDir()
	a, b := embeddedbase.Image(embeddedbase.Options{}), embeddedbase.Image(embeddedbase.Options{Docker: true})
	as, bs := digestOf(t, a).Hex[:8], digestOf(t, b).Hex[:8]
	for _, step := range []struct {
		img  v1.Image
		tag  string
		want []string
	}{
		{a, "", []string{"=" + as}},
		{a, "one", []string{"one=" + as}}, // the same image gets its name
		{b, "two", []string{"one=" + as, "two=" + bs}},
		{b, "", []string{"one=" + as, "two=" + bs}},
		{b, "one", []string{"one=" + bs, "two=" + bs}}, // in its old place
		{a, "example.com/x:1", []string{"one=" + bs, "two=" + bs, "example.com/x:1=" + as}},
	} {
		must(t, manifest.WriteLayout(t.Context(), dir, step.img, tagged(step.tag)))
		if diff := cmp.Diff(step.want, index(t, dir)); diff != "" {
			t.Fatalf("after tagging %q: -want +got:\n%s", step.tag, diff)
		}
	}
	before := readFile(t, dir, "index.json")
	must(t, manifest.WriteLayout(t.Context(), dir, b, tagged("one")))
	if after := readFile(t, dir, "index.json"); !bytes.Equal(before, after) {
		t.Errorf("writing the same again changed the index:\n%s\n%s", before, after)
	}
}

func TestWhatOthersWroteInTheIndexStays(t *testing.T) {
	dir := t.TempDir()
	must(t, embeddedbase.WriteLayout(t.Context(), dir))
	var doc map[string]any
	must(t, json.Unmarshal(readFile(t, dir, "index.json"), &doc))
	doc["annotations"] = map[string]any{"a": "b"}
	doc["x-unknown"] = 1.0
	entry, ok := doc["manifests"].([]any)[0].(map[string]any)
	if !ok {
		t.Fatal("no entry")
	}
	entry["x-mine"] = "y"
	raw, err := json.Marshal(doc)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "index.json"), raw, 0o644))
	must(t, manifest.WriteLayout(t.Context(), dir, embeddedbase.Image(embeddedbase.Options{Docker: true}), tagged("mine")))
	got := string(readFile(t, dir, "index.json"))
	for _, want := range []string{`"x-unknown":1`, `"annotations":{"a":"b"}`, `"x-mine":"y"`, `"mine"`, `"latest"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}

func TestWritersDontLoseEachOthersTags(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "layout")
	const writers = 12
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for i := range writers {
		wg.Go(func() {
			img := embeddedbase.Image(embeddedbase.Options{Env: []string{fmt.Sprintf("N=%d", i)}})
			errs[i] = manifest.WriteLayout(t.Context(), dir, img, tagged(fmt.Sprintf("t%d", i)))
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	if n := len(index(t, dir)); n != writers {
		t.Errorf("%d of %d tags are there", n, writers)
	}
	for i := range writers {
		img, err := manifest.ReadLayout(dir, fmt.Sprintf("t%d", i), arm64)
		must(t, err)
		must(t, validate.Image(img))
	}
	checkNoTemp(t, dir)
}

func TestDamagedBlobsAreReplaced(t *testing.T) {
	dir := t.TempDir()
	img := embeddedbase.Image(embeddedbase.Options{})
	must(t, manifest.WriteLayout(t.Context(), dir, img, tagged("x")))
	m := manifestOf(t, img)
	path := func(n int) string { return filepath.Join(dir, "blobs", "sha256", m.Layers[n].Digest.Hex) }
	must(t, os.Truncate(path(0), 0))
	b := readFile(t, path(1))
	b[len(b)/2] ^= 1 // same size
	must(t, os.WriteFile(path(1), b, 0o644))
	got, err := manifest.ReadLayout(dir, "x", arm64)
	must(t, err)
	layers, err := got.Layers()
	must(t, err)
	for i, l := range layers {
		for name, open := range map[string]func() (io.ReadCloser, error){"Compressed": l.Compressed, "Uncompressed": l.Uncompressed} {
			if err := drain(open); !errors.Is(err, manifest.ErrCorrupt) {
				t.Errorf("%s of damaged layer %d: %v", name, i+1, err)
			}
		}
	}
	must(t, manifest.WriteLayout(t.Context(), dir, img, tagged("x")))
	checkBlobs(t, dir)
}

func drain(open func() (io.ReadCloser, error)) error {
	rc, err := open()
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, rc)
	return errors.Join(err, rc.Close())
}

// Blobs that are there and right are not read from their source again.
func TestBlobsThatAreThereAreKept(t *testing.T) {
	dir := t.TempDir()
	img := embeddedbase.Image(embeddedbase.Options{})
	must(t, manifest.WriteLayout(t.Context(), dir, img, tagged("x")))
	closed := withLayer(t, img, func() (io.ReadCloser, error) { return nil, errors.New("read again") })
	must(t, manifest.WriteLayout(t.Context(), dir, closed, tagged("y")))
}

func TestOtherDirectoriesAreNotLittered(t *testing.T) {
	img := embeddedbase.Image(embeddedbase.Options{})
	for name, prepare := range map[string]func(dir string) error{
		"files": func(dir string) error { return os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o644) },
		"another version": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"2.0.0"}`), 0o644)
		},
		"damaged index": func(dir string) error {
			return errors.Join(embeddedbase.WriteLayout(t.Context(), dir), os.WriteFile(filepath.Join(dir, "index.json"), []byte(`{"manifests":`), 0o644))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, prepare(dir))
			if err := manifest.WriteLayout(t.Context(), dir, img, tagged("x")); err == nil || !strings.Contains(err.Error(), dir) {
				t.Errorf("the error is %v", err)
			}
			if name == "files" {
				if entries, _ := os.ReadDir(dir); len(entries) != 1 {
					t.Errorf("something was written: %v", entries)
				}
			}
		})
	}
	for _, tag := range []string{"-x", "a b", "a\n", "ä", "a//b", strings.Repeat("x", 600)} {
		if err := manifest.WriteLayout(t.Context(), t.TempDir(), img, tagged(tag)); err == nil {
			t.Errorf("tag %q is taken", tag)
		}
	}
}
