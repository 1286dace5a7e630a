package registry

import (
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	image "github.com/assemble-image/assemble/manifest"
)

// A foreign layer of the base is neither asked for nor sent, whether it is
// pushed by itself or with its image; its descriptor stays with its URLs.
func TestForeignLayersAreNotUploaded(t *testing.T) {
	f := newFaulty(t)
	repo := f.repo(t, "team/app")
	content := []byte("licensed")
	base, err := mutate.Append(embeddedbase.Image(embeddedbase.Options{}), mutate.Addendum{
		Layer: static.NewLayer(content, types.OCIRestrictedLayer), MediaType: types.OCIRestrictedLayer, URLs: []string{"https://vendor.example/layer"},
	})
	if err != nil {
		t.Fatal(err)
	}
	img, err := image.Assemble(base, nil, image.Config{}, image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	c := quick(Options{})
	foreign := layers[len(layers)-1]
	if o, err := c.PushLayer(t.Context(), repo, foreign); err != nil || o != Foreign {
		t.Fatalf("got %v, %v", o, err)
	}
	d, err := c.PushManifest(t.Context(), repo, img)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := foreign.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(f.requests(), func(l string) bool { return strings.Contains(l, digest.Hex) }); i >= 0 {
		t.Errorf("it was asked for: %s", f.requests()[i])
	}
	pulled, err := remote.Image(d)
	if err != nil {
		t.Fatal(err)
	}
	m, err := pulled.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"https://vendor.example/layer"}
	if i := slices.IndexFunc(m.Layers, func(d v1.Descriptor) bool { return d.Digest == digest }); i < 0 || !slices.Equal(m.Layers[i].URLs, want) {
		t.Errorf("the layers are %+v", m.Layers)
	}
}
