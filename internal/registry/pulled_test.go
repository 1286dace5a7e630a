package registry

import (
	"context"
	"errors"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/layers"
)

// wrapped is a layer behind one of another type, as manifest makes them.
type wrapped struct{ v1.Layer }

func (w wrapped) Unwrap() v1.Layer                    { return w.Layer }
func (w wrapped) MediaType() (types.MediaType, error) { return types.DockerLayer, nil }

// TestLayersOutliveTheContextOfTheirImage opens an image in a phase that ends,
// and reads its layers in later ones: by digest and diffID, compressed and
// not, by itself and behind a wrapper.
func TestLayersOutliveTheContextOfTheirImage(t *testing.T) {
	f := newFaulty(t)
	c := quick(Options{})
	img := testImage(t, 3000, 2)
	if _, err := push(t.Context(), c, f.repo(t, "base"), img); err != nil {
		t.Fatal(err)
	}
	phase, end := context.WithCancel(t.Context())
	pulled, _, err := c.Image(phase, f.host+"/base:v1", v1.Platform{})
	end()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(pulled); err != nil {
		t.Error(err)
	}
	list, err := pulled.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []v1.Layer{list[0], wrapped{list[1]}} {
		for name, open := range map[string]func(context.Context, v1.Layer) (io.ReadCloser, error){
			"compressed": layers.OpenCompressed, "uncompressed": layers.OpenUncompressed,
		} {
			rc, err := open(t.Context(), l)
			if err == nil {
				_, err = io.Copy(io.Discard, rc)
				err = errors.Join(err, rc.Close())
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := open(phase, l); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, under a context that has ended: %v", name, err)
			}
		}
	}
}
