package manifest_test

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

func TestDistributable(t *testing.T) {
	for mt, want := range map[types.MediaType]bool{
		types.OCILayer: true, types.DockerLayer: true, types.OCILayerZStd: true, types.OCIUncompressedLayer: true,
		types.DockerForeignLayer: false, types.OCIRestrictedLayer: false, types.OCIUncompressedRestrictedLayer: false,
		"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd": false,
	} {
		if got := manifest.Distributable(mt); got != want {
			t.Errorf("%s: %v", mt, got)
		}
	}
}

// withForeign assembles an image on a Docker base that has a foreign layer,
// and returns it with the descriptor of that.
func withForeign(t *testing.T, oci bool) (v1.Image, v1.Descriptor) {
	t.Helper()
	base, err := mutate.Append(embeddedbase.Image(embeddedbase.Options{Docker: true}), mutate.Addendum{
		Layer:     embeddedbase.Layer(types.DockerForeignLayer, embeddedbase.File{Path: "licensed", Data: "x"}),
		URLs:      []string{"https://vendor.example/layer"},
		MediaType: types.DockerForeignLayer,
	})
	must(t, err)
	img, err := manifest.Assemble(base, additions(types.DockerLayer), config(), manifest.Options{Platform: arm64, OCI: oci})
	must(t, err)
	return img, manifestOf(t, img).Layers[2]
}

func TestForeignLayersKeepTheirDescriptors(t *testing.T) {
	for oci, want := range map[bool]types.MediaType{true: types.OCIRestrictedLayer, false: types.DockerForeignLayer} {
		if _, d := withForeign(t, oci); d.MediaType != want || !slices.Equal(d.URLs, []string{"https://vendor.example/layer"}) {
			t.Errorf("the descriptor is %+v", d)
		}
	}
}

func TestLayoutsAndOCIArchivesLeaveForeignLayersOut(t *testing.T) {
	img, foreign := withForeign(t, true)
	dir := t.TempDir()
	layout, archive := filepath.Join(dir, "layout"), filepath.Join(dir, "oci.tar")
	must(t, manifest.WriteLayout(t.Context(), layout, img, tagged("x")))
	must(t, manifest.WriteOCIArchive(t.Context(), archive, img, tagged("x")))
	if _, err := os.Stat(filepath.Join(layout, "blobs", "sha256", foreign.Digest.Hex)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the foreign layer is in the layout: %v", err)
	}
	if names := tarNames(t, archive); len(names) != 2+2+4 || slices.Contains(names, "blobs/sha256/"+foreign.Digest.Hex) {
		t.Errorf("the archive holds %q", names)
	}
	fromLayout, err := manifest.ReadLayout(layout, "x", arm64)
	must(t, err)
	fromArchive, err := manifest.ReadOCIArchive(archive, "x", arm64)
	must(t, err)
	for _, got := range []v1.Image{fromLayout, fromArchive} {
		if diff := cmp.Diff(manifestOf(t, img), manifestOf(t, got)); diff != "" {
			t.Error(diff)
		}
		l, err := got.LayerByDigest(foreign.Digest)
		must(t, err)
		if err := drain(l.Compressed); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("reading what isn't there gives %v", err)
		}
	}
}

func TestDockerArchivesHoldForeignLayersAndSaySo(t *testing.T) {
	img, foreign := withForeign(t, false)
	file := filepath.Join(t.TempDir(), "docker.tar")
	must(t, manifest.WriteDockerArchive(t.Context(), file, img, tagged("registry.example/app:1")))
	if !slices.Contains(tarNames(t, file), foreign.Digest.Hex+".tar.gz") {
		t.Error("the foreign layer isn't there")
	}
	got, err := manifest.ReadDockerArchive(t.Context(), file, "", arm64)
	must(t, err)
	must(t, validate.Image(got))
	if diff := cmp.Diff(manifestOf(t, img).Layers, manifestOf(t, got).Layers); diff != "" {
		t.Error(diff)
	}
}

func tarNames(t *testing.T, file string) (names []string) {
	t.Helper()
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	for tr := tar.NewReader(f); ; {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		must(t, err)
		names = append(names, strings.TrimPrefix(hdr.Name, "./"))
	}
}
