package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// assembled is a base with layers on top. It never changes once made, so
// that any number of goroutines may use it.
type assembled struct {
	base        v1.Image
	adds        []v1.Layer
	manifest    *v1.Manifest
	config      *v1.ConfigFile
	rawManifest []byte
	rawConfig   []byte
	digest      v1.Hash
}

var _ v1.Image = (*assembled)(nil)

func digestOf(b []byte) v1.Hash {
	sum := sha256.Sum256(b)
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}

// Layers returns the base's layers and then the added ones.
func (i *assembled) Layers() ([]v1.Layer, error) {
	base, err := i.base.Layers()
	if err != nil {
		return nil, fmt.Errorf("listing the base's layers: %w", err)
	}
	out := make([]v1.Layer, 0, len(base)+len(i.adds))
	for n, l := range base {
		if l, err = retype(l, i.manifest.Layers[n].MediaType); err != nil {
			return nil, fmt.Errorf("reading the media type of the base's layer %d: %w", n+1, err)
		}
		out = append(out, l)
	}
	return append(out, i.adds...), nil
}

func (i *assembled) MediaType() (types.MediaType, error) { return i.manifest.MediaType, nil }
func (i *assembled) Size() (int64, error)                { return int64(len(i.rawManifest)), nil }
func (i *assembled) ConfigName() (v1.Hash, error)        { return i.manifest.Config.Digest, nil }
func (i *assembled) ConfigFile() (*v1.ConfigFile, error) { return i.config.DeepCopy(), nil }
func (i *assembled) RawConfigFile() ([]byte, error)      { return i.rawConfig, nil }
func (i *assembled) Digest() (v1.Hash, error)            { return i.digest, nil }
func (i *assembled) Manifest() (*v1.Manifest, error)     { return i.manifest.DeepCopy(), nil }
func (i *assembled) RawManifest() ([]byte, error)        { return i.rawManifest, nil }
func (i *assembled) LayerByDigest(h v1.Hash) (v1.Layer, error) {
	if h == i.manifest.Config.Digest {
		return partial.ConfigLayer(i)
	}
	for n, d := range i.manifest.Layers {
		if d.Digest == h {
			return i.layer(n)
		}
	}
	return nil, fmt.Errorf("the image has no layer %s", h)
}

// layer returns the nth layer without asking for the others.
func (i *assembled) layer(n int) (v1.Layer, error) {
	d := i.manifest.Layers[n]
	if first := len(i.manifest.Layers) - len(i.adds); n >= first {
		return i.adds[n-first], nil
	}
	l, err := i.base.LayerByDigest(d.Digest)
	if err != nil {
		return nil, err
	}
	return retype(l, d.MediaType)
}

func (i *assembled) LayerByDiffID(h v1.Hash) (v1.Layer, error) {
	for n, d := range i.config.RootFS.DiffIDs {
		if d == h {
			return i.layer(n)
		}
	}
	return nil, fmt.Errorf("the image has no layer with diffID %s", h)
}
