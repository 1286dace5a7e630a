package manifest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

func TestReadLayoutErrors(t *testing.T) {
	dir := t.TempDir()
	must(t, manifest.WriteLayout(t.Context(), dir, embeddedbase.Image(embeddedbase.Options{}), tagged("one")))
	must(t, manifest.WriteLayout(t.Context(), dir, embeddedbase.Image(embeddedbase.Options{Docker: true}), tagged("two")))
	must(t, manifest.WriteLayout(t.Context(), dir, embeddedbase.Image(embeddedbase.Options{Arch: "amd64"}), tagged("three")))
	none := v1.Platform{OS: "linux", Architecture: "s390x"}
	for _, tt := range []struct {
		dir, ref string
		p        v1.Platform
		want     string
	}{
		{dir, "four", arm64, `no image named "four"; available: "one", "three", "two"`},
		{dir, "", arm64, "2 images match"},
		{dir, "", v1.Platform{}, "3 images match"},
		{dir, "one", none, "no image for linux/s390x, only for linux/arm64/v8"},
		{dir, "", none, "only for linux/amd64, linux/arm64/v8"},
		{t.TempDir(), "", arm64, "oci-layout"},
		{filepath.Join(dir, "nowhere"), "", arm64, "nowhere"},
	} {
		img, err := manifest.ReadLayout(tt.dir, tt.ref, tt.p)
		if err == nil || img != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q for %s: the error is %v, not about %q", tt.ref, tt.p, err, tt.want)
		}
	}
	img, err := manifest.ReadLayout(dir, "", v1.Platform{OS: "linux", Architecture: "amd64"})
	must(t, err) // the platform decides
	if configOf(t, img).Architecture != "amd64" {
		t.Error("it is the wrong one")
	}
}

// putBlob stores content in a layout and returns its descriptor.
func putBlob(t *testing.T, dir string, mt types.MediaType, content []byte) v1.Descriptor {
	t.Helper()
	h, n, err := v1.SHA256(bytes.NewReader(content))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "blobs", "sha256", h.Hex), content, 0o644))
	return v1.Descriptor{MediaType: mt, Digest: h, Size: n}
}

// putIndex makes the layout's index list the descriptors.
func putIndex(t *testing.T, dir string, list ...v1.Descriptor) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, "index.json"), indexOf(t, list...), 0o644))
}

func indexOf(t *testing.T, list ...v1.Descriptor) []byte {
	t.Helper()
	raw, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: list})
	must(t, err)
	return raw
}

func TestIndexesAndLyingDocuments(t *testing.T) {
	dir := t.TempDir()
	must(t, embeddedbase.WriteLayout(t.Context(), dir))
	idx, err := v1.ParseIndexManifest(bytes.NewReader(readFile(t, dir, "index.json")))
	must(t, err)
	image := idx.Manifests[0]
	raw := readFile(t, dir, "blobs", "sha256", image.Digest.Hex)
	unknown := v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}, Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"}}
	bare := image
	bare.Platform = nil
	inner := putBlob(t, dir, types.OCIImageIndex, indexOf(t, unknown, bare))
	nested := putBlob(t, dir, types.OCIImageIndex, indexOf(t, inner))
	longer := image
	longer.Size++
	docker := image
	docker.MediaType = types.DockerManifestSchema2
	both := putBlob(t, dir, types.OCIManifestSchema1, bytes.Replace(raw, []byte("{"), []byte(`{"manifests":[],`), 1))
	bothIndex := putBlob(t, dir, types.OCIImageIndex, bytes.Replace(indexOf(t), []byte("{"), []byte(`{"layers":[],`), 1))
	twice := putBlob(t, dir, types.OCIManifestSchema1, bytes.Replace(raw, []byte("{"), []byte(`{"layers":[],`), 1))
	otherCase := putBlob(t, dir, types.OCIManifestSchema1, bytes.Replace(raw, []byte("{"), []byte(`{"Layers":[],`), 1))
	schema1 := putBlob(t, dir, types.OCIManifestSchema1, []byte(`{"schemaVersion":1}`))
	missing := unknown
	missing.Platform = nil
	huge := image
	huge.Size = 1 << 40
	negative := putBlob(t, dir, types.OCIManifestSchema1, bytes.Replace(raw, []byte(`"size":`), []byte(`"size":-`), 1))
	for _, tt := range []struct {
		name string
		list []v1.Descriptor
		want string // empty: it opens
	}{
		{"index of one step", []v1.Descriptor{inner}, ""},
		{"nested index", []v1.Descriptor{nested}, "contains another index"},
		{"wrong size", []v1.Descriptor{longer}, "does not match its digest"},
		{"another kind", []v1.Descriptor{docker}, "but is listed as"},
		{"manifest and index", []v1.Descriptor{both}, "and something else"},
		{"index and manifest", []v1.Descriptor{bothIndex}, "both an index and an image manifest"},
		{"two lists of layers", []v1.Descriptor{twice}, `duplicate member "layers"`},
		{"layers in capitals", []v1.Descriptor{otherCase}, `member "Layers" must be spelled "layers"`},
		{"schema 1", []v1.Descriptor{schema1}, "schema version 1"},
		{"missing", []v1.Descriptor{missing}, "no such file"},
		{"huge", []v1.Descriptor{huge}, "limit exceeded"},
		{"negative size", []v1.Descriptor{negative}, "negative size"},
		{"something else", []v1.Descriptor{{MediaType: "text/plain", Digest: image.Digest}}, "neither an image nor an index"},
		{"empty", nil, "no images"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			putIndex(t, dir, tt.list...)
			_, err := manifest.ReadLayout(dir, "", arm64)
			if tt.want == "" {
				must(t, err)
			} else if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v, not about %q", err, tt.want)
			}
		})
	}
}
