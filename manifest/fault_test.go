package manifest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

// replaced is an image whose first layer opens otherwise.
type replaced struct {
	v1.Image
	layers []v1.Layer
}

func (r replaced) Layers() ([]v1.Layer, error) { return r.layers, nil }

type opening struct {
	v1.Layer
	open func() (io.ReadCloser, error)
}

func (o opening) Compressed() (io.ReadCloser, error) { return o.open() }

func withLayer(t *testing.T, img v1.Image, open func() (io.ReadCloser, error)) v1.Image {
	t.Helper()
	layers, err := img.Layers()
	must(t, err)
	out := append([]v1.Layer{opening{layers[0], open}}, layers[1:]...)
	return replaced{img, out}
}

// faulty returns sources that break in the ways that sources do.
func faulty(t *testing.T, img v1.Image) map[string]func() (io.ReadCloser, error) {
	t.Helper()
	layers, err := img.Layers()
	must(t, err)
	rc, err := layers[0].Compressed()
	must(t, err)
	b, err := io.ReadAll(rc)
	must(t, err)
	flipped := bytes.Clone(b)
	flipped[100] ^= 1
	give := func(r io.Reader) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(r), nil }
	}
	return map[string]func() (io.ReadCloser, error){
		"short":      give(bytes.NewReader(b[:len(b)-1])),
		"long":       give(bytes.NewReader(append(bytes.Clone(b), 0))),
		"flipped":    give(bytes.NewReader(flipped)),
		"breaks off": give(io.MultiReader(bytes.NewReader(b[:9]), errReader{})),
		"won't open": func() (io.ReadCloser, error) { return nil, errBroken },
	}
}

var errBroken = errors.New("broken off")

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errBroken }

func TestFaultySourcesLeaveTheOldState(t *testing.T) {
	img := assemble(t, embeddedbase.Image(embeddedbase.Options{}))
	for name, open := range faulty(t, img) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, manifest.WriteLayout(t.Context(), dir, embeddedbase.Image(embeddedbase.Options{Arch: "amd64"}), tagged("old")))
			before := readFile(t, dir, "index.json")
			err := manifest.WriteLayout(t.Context(), dir, withLayer(t, img, open), tagged("old"))
			if !errors.Is(err, manifest.ErrCorrupt) && !errors.Is(err, errBroken) {
				t.Errorf("the error is %v", err)
			}
			if h := manifestOf(t, img).Layers[0].Digest; err != nil && !strings.Contains(err.Error(), h.Hex) {
				t.Errorf("the error doesn't name the blob: %v", err)
			}
			if after := readFile(t, dir, "index.json"); !bytes.Equal(before, after) {
				t.Error("the index has changed")
			}
			checkNoTemp(t, dir)
			checkBlobs(t, dir)
		})
	}
}

func TestWriteLayoutStopsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	img := embeddedbase.Image(embeddedbase.Options{})
	stopping := withLayer(t, img, func() (io.ReadCloser, error) {
		cancel()
		return io.NopCloser(strings.NewReader("x")), nil
	})
	if err := manifest.WriteLayout(ctx, dir, stopping, tagged("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "index.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is an index: %v", err)
	}
	checkNoTemp(t, dir)
}
