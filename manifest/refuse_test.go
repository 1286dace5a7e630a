package manifest_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

func TestBaseHistoryIsPadded(t *testing.T) {
	base := embeddedbase.Image(embeddedbase.Options{WithoutHistory: true})
	cf := configOf(t, assemble(t, base))
	if len(cf.History) != 4 || cf.History[0].Comment != "missing in the base's history" || cf.History[2].CreatedBy != "assemble app" {
		t.Errorf("the history is %+v", cf.History)
	}
	if !cf.History[0].Created.Equal(configOf(t, base).Created.Time) {
		t.Errorf("what is made up is dated %v", cf.History[0].Created)
	}
}

// edited returns a base with its configuration changed.
func edited(t *testing.T, edit func(*v1.ConfigFile)) v1.Image {
	t.Helper()
	base := embeddedbase.Image(embeddedbase.Options{})
	cf := configOf(t, base).DeepCopy()
	edit(cf)
	img, err := mutate.ConfigFile(base, cf)
	must(t, err)
	return img
}

func TestBaseIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		base v1.Image
		want string
	}{
		{"docker manifest, OCI layers", mutate.ConfigMediaType(mutate.MediaType(embeddedbase.Image(embeddedbase.Options{}), types.DockerManifestSchema2), types.DockerConfigJSON), "layer 1 has media type"},
		{"OCI manifest, docker config", mutate.ConfigMediaType(embeddedbase.Image(embeddedbase.Options{}), types.DockerConfigJSON), "its manifest requires"},
		{"an artifact", mutate.ConfigMediaType(embeddedbase.Image(embeddedbase.Options{}), "application/vnd.cncf.helm.config.v1+json"), "helm"},
		{"an index", mutate.MediaType(embeddedbase.Image(embeddedbase.Options{}), types.OCIImageIndex), "not an image manifest"},
		{"history too long", edited(t, func(cf *v1.ConfigFile) { cf.History = append(cf.History, cf.History...) }), "entries for 4 layers"},
		{"diffIDs too few", edited(t, func(cf *v1.ConfigFile) { cf.RootFS.DiffIDs = cf.RootFS.DiffIDs[:1] }), "its configuration 1"},
		{"no platform", edited(t, func(cf *v1.ConfigFile) { cf.OS = "" }), "names no platform"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img, err := manifest.Assemble(tt.base, nil, manifest.Config{}, manifest.Options{Platform: arm64})
			if err == nil || img != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v, not about %q", err, tt.want)
			}
		})
	}
}

func TestPlatforms(t *testing.T) {
	for _, tt := range []struct {
		want, have string
		ok         bool
	}{
		{"linux/arm64", "linux/arm64/v8", true},
		{"linux/arm64/v8", "linux/arm64", true},
		{"linux/arm64/8", "linux/arm64", true},
		{"linux/arm64", "linux/arm64/v9", false},
		{"linux/arm64", "linux/amd64", false},
		{"linux/arm64", "windows/arm64", false},
		{"linux/arm", "linux/arm/v7", true},
		{"linux/arm", "linux/arm/v6", false},
		{"linux/amd64", "linux/amd64/v1", true},
	} {
		want, err := v1.ParsePlatform(tt.want)
		must(t, err)
		have, err := v1.ParsePlatform(tt.have)
		must(t, err)
		base := edited(t, func(cf *v1.ConfigFile) { cf.OS, cf.Architecture, cf.Variant = have.OS, have.Architecture, have.Variant })
		_, err = manifest.Assemble(base, nil, manifest.Config{}, manifest.Options{Platform: *want})
		var perr *manifest.PlatformError
		if tt.ok != (err == nil) || tt.ok == errors.As(err, &perr) {
			t.Errorf("%s for %s: %v", tt.have, tt.want, err)
		}
		if !tt.ok && (!strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.have)) {
			t.Errorf("the error doesn't name both: %v", err)
		}
	}
}

func TestLayerLimit(t *testing.T) {
	base := embeddedbase.Image(embeddedbase.Options{})
	adds := slices.Repeat(additions(types.OCILayer)[:1], 126)
	_, err := manifest.Assemble(base, adds[:125], manifest.Config{}, manifest.Options{})
	must(t, err)
	_, err = manifest.Assemble(base, adds, manifest.Config{}, manifest.Options{})
	var limit *manifest.LayerLimitError
	if !errors.As(err, &limit) || limit.Base != 2 || limit.Added != 126 || !strings.Contains(err.Error(), "the limit is 127") {
		t.Errorf("the error is %v", err)
	}
}

func TestAdditionsMediaTypes(t *testing.T) {
	for _, tt := range []struct {
		docker   bool
		mt, want types.MediaType
	}{
		{false, types.DockerLayer, types.OCILayer},
		{false, types.OCILayerZStd, types.OCILayerZStd},
		{true, types.OCIUncompressedLayer, types.DockerUncompressedLayer},
		{true, types.OCILayerZStd, ""},
		{false, "text/plain", ""},
	} {
		base := embeddedbase.Image(embeddedbase.Options{Docker: tt.docker})
		img, err := manifest.Assemble(base, additions(tt.mt), manifest.Config{}, manifest.Options{})
		if tt.want == "" {
			if err == nil || !strings.Contains(err.Error(), string(tt.mt)) || !strings.Contains(err.Error(), "assemble app") {
				t.Errorf("%s: the error is %v", tt.mt, err)
			}
			continue
		}
		must(t, err)
		if got := manifestOf(t, img).Layers[2].MediaType; got != tt.want {
			t.Errorf("%s became %s, want %s", tt.mt, got, tt.want)
		}
	}
	mt, err := manifest.LayerMediaType(embeddedbase.Image(embeddedbase.Options{Docker: true}))
	if mt != types.DockerLayer || err != nil {
		t.Errorf("for a Docker base layers should be %s, %v", mt, err)
	}
}

func TestDockerBasesCanBecomeOCI(t *testing.T) {
	base := embeddedbase.Image(embeddedbase.Options{Docker: true})
	opt := manifest.Options{OCI: true, BaseName: "docker.io/library/python:3.10", Platform: arm64}
	img, err := manifest.Assemble(base, additions(types.DockerLayer), config(), opt)
	must(t, err)
	must(t, validate.Image(img))
	checkMediaTypes(t, img, false)
	for _, h := range configOf(t, img).RootFS.DiffIDs {
		l, err := img.LayerByDiffID(h)
		must(t, err)
		if mt, err := l.MediaType(); mt != types.OCILayer || err != nil {
			t.Errorf("layer %s is %s, %v", h, mt, err)
		}
	}
	if a, b := manifestOf(t, base).Layers[0].Digest, manifestOf(t, img).Layers[0].Digest; a != b {
		t.Errorf("the base's layer became %s", b)
	}
	plain, err := manifest.Assemble(embeddedbase.Image(embeddedbase.Options{}), nil, config(), opt)
	must(t, err)
	checkMediaTypes(t, plain, false)
}

func TestConfigIsJSONWithoutSurprises(t *testing.T) {
	raw, err := assemble(t, embeddedbase.Image(embeddedbase.Options{})).RawConfigFile()
	must(t, err)
	var doc map[string]any
	must(t, json.Unmarshal(raw, &doc))
	for key := range doc {
		if !slices.Contains([]string{"architecture", "config", "created", "history", "os", "rootfs", "variant"}, key) {
			t.Errorf("it holds %q", key)
		}
	}
}
