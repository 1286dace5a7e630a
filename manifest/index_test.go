package manifest_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/opencontainers/image-spec/schema"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

var amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}

func baseFor(arch string, docker bool) v1.Image {
	return embeddedbase.Image(embeddedbase.Options{Arch: arch, Docker: docker})
}

func index2(t *testing.T, images ...v1.Image) v1.ImageIndex {
	t.Helper()
	idx, err := manifest.Index(images, manifest.IndexOptions{Annotations: map[string]string{"b": "2", "a": "1"}})
	must(t, err)
	return idx
}

func TestIndex(t *testing.T) {
	for docker, want := range map[bool]types.MediaType{false: types.OCIImageIndex, true: types.DockerManifestList} {
		arm, amd := baseFor("arm64", docker), baseFor("amd64", docker)
		idx := index2(t, arm, amd)
		must(t, validate.Index(idx))
		m, err := idx.IndexManifest()
		must(t, err)
		if m.MediaType != want || m.Annotations["a"] != "1" {
			t.Errorf("the index is %+v", m)
		}
		var got []string
		for _, d := range m.Manifests {
			got = append(got, d.Platform.String())
		}
		if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64/v8"}, got); diff != "" {
			t.Error(diff)
		}
		raw, err := idx.RawManifest()
		must(t, err)
		other, err := index2(t, amd, arm).RawManifest()
		must(t, err)
		if !bytes.Equal(raw, other) {
			t.Errorf("the images' order matters:\n%s\n%s", raw, other)
		}
		if !docker {
			must(t, schema.ValidatorMediaTypeImageIndex.Validate(bytes.NewReader(raw)))
		}
	}
}

func TestIndexRefuses(t *testing.T) {
	arm := baseFor("arm64", false)
	cf, err := arm.ConfigFile()
	must(t, err)
	cf = cf.DeepCopy()
	cf.Architecture, cf.Variant = "", ""
	nowhere, err := mutate.ConfigFile(arm, cf)
	must(t, err)
	cf = cf.DeepCopy()
	cf.Architecture = "aarch64"
	again, err := mutate.ConfigFile(arm, cf)
	must(t, err)
	for want, images := range map[string][]v1.Image{
		"no images":                  nil,
		"names no platform":          {nowhere},
		"two images for linux/arm64": {arm, again},
		"unlike the first image's":   {arm, baseFor("amd64", true)},
	} {
		if idx, err := manifest.Index(images, manifest.IndexOptions{}); idx != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, not about %q", err, want)
		}
	}
	if _, err := manifest.Index([]v1.Image{arm}, manifest.IndexOptions{Annotations: map[string]string{"": "x"}}); err == nil {
		t.Error("an annotation without a name is taken")
	}
}

func TestLayoutsAndArchivesHoldIndexes(t *testing.T) {
	arm, amd := baseFor("arm64", false), baseFor("amd64", false)
	idx := index2(t, arm, amd)
	dir := t.TempDir()
	lay, archive := filepath.Join(dir, "layout"), filepath.Join(dir, "oci.tar")
	must(t, manifest.WriteLayoutIndex(t.Context(), lay, idx, tagged("v1")))
	must(t, manifest.WriteOCIArchiveIndex(t.Context(), archive, idx, tagged("v1")))
	for p, want := range map[*v1.Platform]v1.Image{&arm64: arm, &amd64: amd} {
		for _, ref := range []string{"", "v1"} {
			got, err := manifest.ReadLayout(lay, ref, *p)
			must(t, err)
			must(t, validate.Image(got))
			fromArchive, err := manifest.ReadOCIArchive(archive, ref, *p)
			must(t, err)
			if digestOf(t, got) != digestOf(t, want) || digestOf(t, fromArchive) != digestOf(t, want) {
				t.Errorf("%q for %s is another image", ref, p)
			}
		}
	}
	checkBlobs(t, lay)
	theirs, err := layout.ImageIndexFromPath(lay)
	must(t, err)
	must(t, validate.Index(theirs))
	before := readFile(t, lay, "index.json")
	must(t, manifest.WriteLayoutIndex(t.Context(), lay, idx, tagged("v1")))
	if after := readFile(t, lay, "index.json"); !bytes.Equal(before, after) {
		t.Errorf("writing the same again changed the index:\n%s\n%s", before, after)
	}
	nested := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: idx})
	if err := manifest.WriteLayoutIndex(t.Context(), lay, nested, tagged("v2")); err == nil || !strings.Contains(err.Error(), "not an image manifest") {
		t.Errorf("an index in an index gives %v", err)
	}
}
