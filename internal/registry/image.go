package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	image "github.com/assemble-image/assemble/manifest"
)

const (
	// maxConfig bounds an image's config in bytes.
	maxConfig = 8 << 20
	// maxDepth bounds indexes within indexes.
	maxDepth = 4
	// maxEntries bounds the entries of an index and the layers of an image.
	maxEntries = 4096
)

// Image reads an image for a platform; a zero platform takes an image of any,
// provided that there is only one. Manifest and config are read and checked
// now; layers when they are opened, each under the context of that read (see
// [layers.OpenCompressed]): the image doesn't keep ctx. The layers are of type
// [*Layer], which names where they come from.
// The hash is that of the manifest or index that the reference leads to.
// It returns a [*image.PlatformError] when the platform is missing.
func (c *Client) Image(ctx context.Context, ref string, p v1.Platform) (v1.Image, v1.Hash, error) {
	r, err := ParseReference(ref, c.opt.Insecure)
	if err != nil {
		return nil, v1.Hash{}, err
	}
	img, top, err := c.image(ctx, r, p)
	if err != nil {
		if _, ok := err.(*image.PlatformError); ok { //nolint:errorlint // made right here
			return nil, v1.Hash{}, err
		}
		return nil, v1.Hash{}, describe(fmt.Sprintf("reading image %q", ref), r.Context(), err)
	}
	return img, top, nil
}

func (c *Client) image(ctx context.Context, r name.Reference, p v1.Platform) (v1.Image, v1.Hash, error) {
	top, err := c.namedManifest(ctx, r)
	if err != nil {
		return nil, v1.Hash{}, err
	}
	m := top
	if m.mediaType.IsIndex() {
		var available []v1.Platform
		found, err := c.choose(ctx, r.Context(), m, p, 1, &available)
		if err != nil {
			return nil, v1.Hash{}, err
		}
		if found == nil {
			return nil, v1.Hash{}, &image.PlatformError{Ref: r.Name(), Want: p, Have: available}
		}
		m = *found
	}
	img, err := c.pulled(ctx, r.Context(), m)
	if err != nil {
		return nil, v1.Hash{}, err
	}
	if err := checkPlatform(img, r, p); err != nil {
		return nil, v1.Hash{}, err
	}
	return img, top.digest, nil
}

// pulled returns a manifest as an image: config at hand, layers lazy.
func (c *Client) pulled(ctx context.Context, repo name.Repository, m manifest) (v1.Image, error) {
	var doc v1.Manifest
	if err := json.Unmarshal(m.raw, &doc); err != nil {
		return nil, contentError("the manifest %s is not valid: %v", m.digest, err)
	}
	if len(doc.Layers) > maxEntries {
		return nil, contentError("the manifest %s has more than %d layers", m.digest, maxEntries)
	}
	for _, d := range doc.Layers {
		if d.Size < 0 {
			return nil, contentError("the layer %s has %d bytes", d.Digest, d.Size)
		}
	}
	config, err := c.readConfig(ctx, repo, doc.Config)
	if err != nil {
		return nil, err
	}
	return newPulledImage(c, repo, m, doc, config)
}
