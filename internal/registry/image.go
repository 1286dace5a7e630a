package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
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
// now; layers are read when they are opened, under the same context. The
// layers are of type *remote.MountableLayer and name where they come from.
// The hash is that of the manifest or index that the reference leads to.
// It returns a [*PlatformError] when the platform is missing.
func (c *Client) Image(ctx context.Context, ref string, p v1.Platform) (v1.Image, v1.Hash, error) {
	r, err := ParseReference(ref, c.opt.Insecure)
	if err != nil {
		return nil, v1.Hash{}, err
	}
	img, top, err := c.image(ctx, r, p)
	if err != nil {
		if _, ok := err.(*PlatformError); ok { //nolint:errorlint // made right here
			return nil, v1.Hash{}, err
		}
		return nil, v1.Hash{}, describe(fmt.Sprintf("reading image %q", ref), r.Context(), err)
	}
	return img, top, nil
}

func (c *Client) image(ctx context.Context, r name.Reference, p v1.Platform) (v1.Image, v1.Hash, error) {
	top, _, err := c.getManifest(ctx, r.Context(), r.Identifier())
	if err != nil {
		return nil, v1.Hash{}, err
	}
	m := top
	if m.mediaType.IsIndex() {
		var available []string
		found, err := c.choose(ctx, r.Context(), m, p, 1, &available)
		if err != nil {
			return nil, v1.Hash{}, err
		}
		if found == nil {
			return nil, v1.Hash{}, &PlatformError{Ref: r.Name(), Want: wanted(p), Available: available}
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
	config, err := c.readBlob(ctx, repo, doc.Config, maxConfig)
	if err != nil {
		return nil, err
	}
	core := &pulledImage{ctx: ctx, client: c, repo: repo, m: m, doc: doc, config: config}
	img, err := partial.CompressedToImage(core)
	if err != nil {
		return nil, err
	}
	return &mountable{Image: img, ref: repo.Digest(m.digest.String())}, nil
}

// pulledImage is the part of an image that a registry knows. Opening a layer
// takes a context and v1.Layer has none, so it keeps its own.
type pulledImage struct {
	ctx    context.Context //nolint:containedctx // see above
	client *Client
	repo   name.Repository
	m      manifest
	doc    v1.Manifest
	config []byte
}

func (i *pulledImage) RawConfigFile() ([]byte, error)      { return i.config, nil }
func (i *pulledImage) RawManifest() ([]byte, error)        { return i.m.raw, nil }
func (i *pulledImage) MediaType() (types.MediaType, error) { return i.m.mediaType, nil }

func (i *pulledImage) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	for _, d := range append([]v1.Descriptor{i.doc.Config}, i.doc.Layers...) {
		if d.Digest == h {
			return &pulledLayer{image: i, desc: d}, nil
		}
	}
	return nil, fmt.Errorf("the image %s has no layer %s", i.m.digest, h)
}

// pulledLayer is a layer that is still in the registry.
type pulledLayer struct {
	image *pulledImage
	desc  v1.Descriptor
}

func (l *pulledLayer) Digest() (v1.Hash, error)            { return l.desc.Digest, nil }
func (l *pulledLayer) Size() (int64, error)                { return l.desc.Size, nil }
func (l *pulledLayer) MediaType() (types.MediaType, error) { return l.desc.MediaType, nil }
func (l *pulledLayer) Descriptor() (*v1.Descriptor, error) { return &l.desc, nil }
func (l *pulledLayer) DiffID() (v1.Hash, error) {
	return partial.BlobToDiffID(&diffIDs{l.image}, l.desc.Digest)
}

func (l *pulledLayer) Compressed() (io.ReadCloser, error) {
	rc, err := l.image.client.openBlob(l.image.ctx, l.image.repo, l.desc)
	return rc, describe(fmt.Sprintf("reading layer %q", l.desc.Digest), l.image.repo, err)
}

// diffIDs lets ggcr look up a layer's diffID in the config.
type diffIDs struct{ *pulledImage }

func (d *diffIDs) ConfigFile() (*v1.ConfigFile, error) { return partial.ConfigFile(d) }
func (d *diffIDs) Manifest() (*v1.Manifest, error)     { return &d.doc, nil }

// mountable marks an image's layers with the reference that they come from,
// for the registry to mount them.
type mountable struct {
	v1.Image
	ref name.Reference
}

func (m *mountable) mark(l v1.Layer, err error) (v1.Layer, error) {
	if err != nil {
		return nil, err
	}
	return &remote.MountableLayer{Layer: l, Reference: m.ref}, nil
}

func (m *mountable) Layers() ([]v1.Layer, error) {
	plain, err := m.Image.Layers()
	if err != nil {
		return nil, err
	}
	layers := make([]v1.Layer, len(plain))
	for i, l := range plain {
		layers[i] = &remote.MountableLayer{Layer: l, Reference: m.ref}
	}
	return layers, nil
}

func (m *mountable) LayerByDigest(h v1.Hash) (v1.Layer, error) {
	return m.mark(m.Image.LayerByDigest(h))
}

func (m *mountable) LayerByDiffID(h v1.Hash) (v1.Layer, error) {
	return m.mark(m.Image.LayerByDiffID(h))
}
