package registry

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/layers"
)

// Layer is a layer that is in a registry. It holds no context: each read of
// it takes one, with [layers.OpenCompressed] or [layers.OpenUncompressed].
type Layer struct {
	*layers.Described
	// Repository is where it is; the registry can mount it from there.
	Repository name.Repository
}

var _ layers.ContextLayer = (*Layer)(nil)

func newLayer(c *Client, repo name.Repository, desc v1.Descriptor, diffID v1.Hash) *Layer {
	open := func(ctx context.Context) (io.ReadCloser, error) {
		rc, err := c.openBlob(ctx, repo, desc)
		return rc, describe(fmt.Sprintf("reading layer %q", desc.Digest), repo, err)
	}
	return &Layer{Described: layers.NewDescribed(desc, diffID, open), Repository: repo}
}

// pulledImage is an image in a registry, with manifest and config at hand.
type pulledImage struct {
	m      manifest
	doc    v1.Manifest
	raw    []byte // of the config
	config *v1.ConfigFile
	layers []v1.Layer
}

var _ v1.Image = (*pulledImage)(nil)

func newPulledImage(c *Client, repo name.Repository, m manifest, doc v1.Manifest, config []byte) (*pulledImage, error) {
	cf, err := v1.ParseConfigFile(bytes.NewReader(config))
	if err != nil {
		return nil, contentError("the config %s is not valid: %v", doc.Config.Digest, err)
	}
	if len(cf.RootFS.DiffIDs) != len(doc.Layers) {
		return nil, contentError("the manifest %s has %d layers, its config has %d", m.digest, len(doc.Layers), len(cf.RootFS.DiffIDs))
	}
	img := &pulledImage{m: m, doc: doc, raw: config, config: cf}
	for i, d := range doc.Layers {
		img.layers = append(img.layers, newLayer(c, repo, d, cf.RootFS.DiffIDs[i]))
	}
	return img, nil
}

func (i *pulledImage) Layers() ([]v1.Layer, error)         { return append([]v1.Layer(nil), i.layers...), nil }
func (i *pulledImage) MediaType() (types.MediaType, error) { return i.m.mediaType, nil }
func (i *pulledImage) Size() (int64, error)                { return int64(len(i.m.raw)), nil }
func (i *pulledImage) Digest() (v1.Hash, error)            { return i.m.digest, nil }
func (i *pulledImage) ConfigName() (v1.Hash, error)        { return i.doc.Config.Digest, nil }
func (i *pulledImage) ConfigFile() (*v1.ConfigFile, error) { return i.config.DeepCopy(), nil }
func (i *pulledImage) RawConfigFile() ([]byte, error)      { return i.raw, nil }
func (i *pulledImage) Manifest() (*v1.Manifest, error)     { return i.doc.DeepCopy(), nil }
func (i *pulledImage) RawManifest() ([]byte, error)        { return i.m.raw, nil }
func (i *pulledImage) LayerByDigest(h v1.Hash) (v1.Layer, error) {
	if h == i.doc.Config.Digest {
		return partial.ConfigLayer(i)
	}
	for n, d := range i.doc.Layers {
		if d.Digest == h {
			return i.layers[n], nil
		}
	}
	return nil, fmt.Errorf("the image %s has no layer %s", i.m.digest, h)
}

func (i *pulledImage) LayerByDiffID(h v1.Hash) (v1.Layer, error) {
	for n, d := range i.config.RootFS.DiffIDs {
		if d == h {
			return i.layers[n], nil
		}
	}
	return nil, fmt.Errorf("the image %s has no layer with diffID %s", i.m.digest, h)
}
