package layers_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/layers"
)

// A layer that is known by its descriptor can be put into a manifest, and
// says so when somebody wants its bytes.
func TestDescribedLayerWithoutBytes(t *testing.T) {
	hash := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}
	diffID := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("b", 64)}
	l := layers.NewDescribed(v1.Descriptor{Digest: hash, Size: 12, MediaType: types.OCILayer}, diffID, nil)
	digest, _ := l.Digest()
	diff, _ := l.DiffID()
	size, _ := l.Size()
	media, _ := l.MediaType()
	if digest != hash || diff != diffID || size != 12 || media != types.OCILayer {
		t.Errorf("%v %v %d %v", digest, diff, size, media)
	}
	for name, open := range map[string]func() (io.ReadCloser, error){
		"Compressed":       l.Compressed,
		"Uncompressed":     l.Uncompressed,
		"OpenCompressed":   func() (io.ReadCloser, error) { return layers.OpenCompressed(t.Context(), l) },
		"OpenUncompressed": func() (io.ReadCloser, error) { return layers.OpenUncompressed(t.Context(), l) },
	} {
		if _, err := open(); !errors.Is(err, layers.ErrElsewhere) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each read of a layer elsewhere is made under its own context.
func TestOpenHandsOnTheContext(t *testing.T) {
	type key struct{}
	var got any
	l := layers.NewDescribed(v1.Descriptor{MediaType: types.OCILayer}, v1.Hash{}, func(ctx context.Context) (io.ReadCloser, error) {
		got = ctx.Value(key{})
		return io.NopCloser(strings.NewReader("plain")), nil
	})
	ctx := context.WithValue(t.Context(), key{}, "this read")
	for _, open := range []func(context.Context, v1.Layer) (io.ReadCloser, error){layers.OpenCompressed, layers.OpenUncompressed} {
		got = nil
		rc, err := open(ctx, l)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(rc); err != nil || string(data) != "plain" || got != "this read" {
			t.Errorf("%q, %v under %v", data, err, got)
		}
	}
}
