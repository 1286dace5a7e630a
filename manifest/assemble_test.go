package manifest_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/opencontainers/image-spec/schema"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

var (
	arm64   = v1.Platform{OS: "linux", Architecture: "arm64"}
	created = time.Date(2026, 1, 2, 3, 4, 5, 678, time.FixedZone("CET", 3600))
)

// additions returns two small layers of the media type.
func additions(mt types.MediaType) []manifest.Addition {
	return []manifest.Addition{
		{Layer: embeddedbase.Layer(mt, embeddedbase.File{Path: "app/"}, embeddedbase.File{Path: "app/main.py", Data: "print()\n"}), CreatedBy: "assemble app", Comment: "the app"},
		{Layer: embeddedbase.Layer(mt, embeddedbase.File{Path: "app/logs/"}), CreatedBy: "assemble dirs"},
	}
}

func config() manifest.Config {
	return manifest.Config{
		Entrypoint: []string{"gunicorn", "main:app"},
		Env:        map[string]string{"PYTHONPATH": "/app/src", "PATH": "/app/bin:${PATH}"},
		WorkingDir: "/app/", User: "1000:1000", Ports: []string{"8000", "53/udp"},
		Labels:      map[string]string{"b": "2", "a": "<1>"},
		Annotations: map[string]string{"org.opencontainers.image.title": "demo"},
		Created:     created, StopSignal: "SIGINT",
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// assemble puts the additions on a base.
func assemble(t testing.TB, base v1.Image) v1.Image {
	t.Helper()
	img, err := manifest.Assemble(base, additions(types.OCILayer), config(), manifest.Options{BaseName: "docker.io/library/python:3.10", Platform: arm64})
	must(t, err)
	return img
}

func configOf(t testing.TB, img v1.Image) *v1.ConfigFile {
	t.Helper()
	cf, err := img.ConfigFile()
	must(t, err)
	return cf
}

func manifestOf(t testing.TB, img v1.Image) *v1.Manifest {
	t.Helper()
	m, err := img.Manifest()
	must(t, err)
	return m
}

func digestOf(t testing.TB, img v1.Image) v1.Hash {
	t.Helper()
	h, err := img.Digest()
	must(t, err)
	return h
}

func TestAssemble(t *testing.T) {
	for _, docker := range []bool{false, true} {
		t.Run(fmt.Sprintf("docker=%v", docker), func(t *testing.T) {
			base := embeddedbase.Image(embeddedbase.Options{Docker: docker})
			img := assemble(t, base)
			t.Run("is valid", func(t *testing.T) {
				must(t, validate.Image(img, validate.Fast))
				must(t, validate.Image(img))
			})
			t.Run("is deterministic", func(t *testing.T) {
				t.Setenv("SOURCE_DATE_EPOCH", "1")
				again := assemble(t, embeddedbase.Image(embeddedbase.Options{Docker: docker}))
				if a, b := digestOf(t, img), digestOf(t, again); a != b {
					t.Errorf("digests are %s and %s", a, b)
				}
			})
			t.Run("has the base's kind of media types", func(t *testing.T) {
				checkMediaTypes(t, img, docker)
			})
			t.Run("pairs history and layers", func(t *testing.T) { checkHistory(t, base, img) })
			t.Run("is annotated", func(t *testing.T) {
				want := map[string]string{
					"org.opencontainers.image.title":       "demo",
					"org.opencontainers.image.base.name":   "docker.io/library/python:3.10",
					"org.opencontainers.image.base.digest": digestOf(t, base).String(),
				}
				if diff := cmp.Diff(want, manifestOf(t, img).Annotations); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
			t.Run("is configured", func(t *testing.T) { checkConfig(t, configOf(t, img)) })
		})
	}
}

func checkMediaTypes(t *testing.T, img v1.Image, docker bool) {
	t.Helper()
	want := []types.MediaType{types.OCIManifestSchema1, types.OCIConfigJSON, types.OCILayer}
	if docker {
		want = []types.MediaType{types.DockerManifestSchema2, types.DockerConfigJSON, types.DockerLayer}
	}
	m := manifestOf(t, img)
	mt, err := img.MediaType()
	must(t, err)
	got := []types.MediaType{m.MediaType, m.Config.MediaType}
	if mt != want[0] || !slices.Equal(got, want[:2]) {
		t.Errorf("got %s and %s", mt, got)
	}
	layers, err := img.Layers()
	must(t, err)
	for i, l := range layers {
		lmt, err := l.MediaType()
		must(t, err)
		if m.Layers[i].MediaType != want[2] || lmt != want[2] {
			t.Errorf("layer %d is listed as %s and calls itself %s", i+1, m.Layers[i].MediaType, lmt)
		}
	}
}

func checkHistory(t *testing.T, base, img v1.Image) {
	t.Helper()
	cf := configOf(t, img)
	m := manifestOf(t, img)
	if len(cf.History) != len(m.Layers) || len(cf.RootFS.DiffIDs) != len(m.Layers) {
		t.Fatalf("%d layers, %d history entries, %d diffIDs", len(m.Layers), len(cf.History), len(cf.RootFS.DiffIDs))
	}
	n := len(configOf(t, base).History)
	whole := v1.Time{Time: time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)}
	want := append(configOf(t, base).History,
		v1.History{Created: whole, CreatedBy: "assemble app", Comment: "the app"},
		v1.History{Created: whole, CreatedBy: "assemble dirs"})
	if diff := cmp.Diff(want, cf.History); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n != 2 {
		t.Errorf("the base has %d history entries, so the test shows nothing", n)
	}
	for _, h := range []v1.Hash{m.Layers[0].Digest, m.Layers[len(m.Layers)-1].Digest, m.Config.Digest} {
		if _, err := img.LayerByDigest(h); err != nil {
			t.Error(err)
		}
	}
	for _, h := range cf.RootFS.DiffIDs {
		if _, err := img.LayerByDiffID(h); err != nil {
			t.Error(err)
		}
	}
}

func checkConfig(t *testing.T, cf *v1.ConfigFile) {
	t.Helper()
	want := v1.Config{
		Entrypoint: []string{"gunicorn", "main:app"},
		Env: []string{
			"PATH=/app/bin:/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"LANG=C.UTF-8", "PYTHON_VERSION=3.10.19", "PYTHONPATH=/app/src",
		},
		WorkingDir: "/app", User: "1000:1000", StopSignal: "SIGINT",
		ExposedPorts: map[string]struct{}{"8000/tcp": {}, "53/udp": {}},
		Labels:       map[string]string{"a": "<1>", "b": "2"},
	}
	if diff := cmp.Diff(want, cf.Config); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := cf.Created.Format(time.RFC3339Nano); got != "2026-01-02T02:04:05Z" {
		t.Errorf("created %s", got)
	}
	if cf.OS != "linux" || cf.Architecture != "arm64" || cf.Variant != "v8" {
		t.Errorf("platform is %s/%s/%s", cf.OS, cf.Architecture, cf.Variant)
	}
}

func TestAssembledDocumentsFitTheSchemas(t *testing.T) {
	img := assemble(t, embeddedbase.Image(embeddedbase.Options{}))
	m, err := img.RawManifest()
	must(t, err)
	must(t, schema.ValidatorMediaTypeManifest.Validate(bytes.NewReader(m)))
	c, err := img.RawConfigFile()
	must(t, err)
	must(t, schema.ValidatorMediaTypeImageConfig.Validate(bytes.NewReader(c)))
}

// unreadable is an image whose layers can't even be listed.
type unreadable struct {
	v1.Image
	t *testing.T
}

func (u unreadable) Layers() ([]v1.Layer, error) {
	u.t.Error("the base's layers are asked for")
	return nil, errors.New("no layers")
}

func TestAssembleReadsNoLayerOfTheBase(t *testing.T) {
	base := embeddedbase.Image(embeddedbase.Options{})
	img := assemble(t, unreadable{base, t})
	want := digestOf(t, assemble(t, base))
	if got := digestOf(t, img); got != want {
		t.Errorf("digest is %s, want %s", got, want)
	}
	_ = manifestOf(t, img)
	_ = configOf(t, img)
}

func TestAssembleLeavesItsInputsAlone(t *testing.T) {
	base := embeddedbase.Image(embeddedbase.Options{})
	cfg := config()
	before := digestOf(t, base)
	img := assemble(t, base)
	manifestOf(t, img).Layers[0].Digest = v1.Hash{}
	configOf(t, img).Config.Env[0] = "X=1"
	if digestOf(t, base) != before || configOf(t, base).Config.Labels != nil {
		t.Error("the base has changed")
	}
	if diff := cmp.Diff(config(), cfg); diff != "" {
		t.Errorf("the configuration has changed:\n%s", diff)
	}
	must(t, validate.Image(img))
}

func TestNothingOfTheBuildersEnvironmentGetsIn(t *testing.T) {
	t.Setenv("PLANTED", "hunter2-secret")
	t.Setenv("HOSTNAME", "hunter2-secret")
	base := embeddedbase.Image(embeddedbase.Options{})
	cfg := config()
	cfg.Env["X"] = "${PLANTED}"
	_, err := manifest.Assemble(base, nil, cfg, manifest.Options{})
	if err == nil || !strings.Contains(err.Error(), `the base has no variable "PLANTED"`) {
		t.Errorf("the error is %v", err)
	}
	img := assemble(t, base)
	m, err := img.RawManifest()
	must(t, err)
	c, err := img.RawConfigFile()
	must(t, err)
	if strings.Contains(string(m)+string(c), "hunter2") {
		t.Error("a planted secret is in the image")
	}
}

// Values may be secret, so errors don't show them.
func TestEnvErrorsDontShowValues(t *testing.T) {
	for _, value := range []string{"hunter2$", "hunter2${", "hunter2${NOPE}", "hunter2\x00", "${hunter2!}"} {
		cfg := manifest.Config{Env: map[string]string{"KEY": value}}
		_, err := manifest.Assemble(embeddedbase.Image(embeddedbase.Options{}), nil, cfg, manifest.Options{})
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "KEY") {
			t.Errorf("for %q the error is %v", value, err)
		}
	}
}

func TestAssembleDefaults(t *testing.T) {
	base := embeddedbase.Image(embeddedbase.Options{})
	img, err := manifest.Assemble(base, nil, manifest.Config{}, manifest.Options{})
	must(t, err)
	cf, bcf := configOf(t, img), configOf(t, base)
	if diff := cmp.Diff(bcf.Config, cf.Config); diff != "" {
		t.Errorf("an empty configuration changes something:\n%s", diff)
	}
	if got := cf.Created.Format(time.RFC3339); got != "1980-01-01T00:00:00Z" {
		t.Errorf("created %s", got)
	}
	a := manifestOf(t, img).Annotations
	if _, ok := a[manifest.AnnotationBaseName]; ok || a[manifest.AnnotationBaseDigest] == "" {
		t.Errorf("annotations are %v", a)
	}
}

// TestTriggersAreLeftOut holds that ONBUILD of the base doesn't get into the
// image: it would act on whoever builds upon that.
func TestTriggersAreLeftOut(t *testing.T) {
	base, err := mutate.Config(embeddedbase.Image(embeddedbase.Options{}), v1.Config{OnBuild: []string{"RUN make"}})
	if err != nil {
		t.Fatal(err)
	}
	img, err := manifest.Assemble(base, nil, manifest.Config{}, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if cf, err := img.ConfigFile(); err != nil || len(cf.Config.OnBuild) != 0 {
		t.Errorf("%+v, %v", cf.Config, err)
	}
}
