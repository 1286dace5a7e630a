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
	return append(append(out, base...), i.adds...), nil
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
	first := len(i.manifest.Layers) - len(i.adds)
	for n, l := range i.adds {
		if i.manifest.Layers[first+n].Digest == h {
			return l, nil
		}
	}
	return i.base.LayerByDigest(h)
}

func (i *assembled) LayerByDiffID(h v1.Hash) (v1.Layer, error) {
	first := len(i.config.RootFS.DiffIDs) - len(i.adds)
	for n, l := range i.adds {
		if i.config.RootFS.DiffIDs[first+n] == h {
			return l, nil
		}
	}
	return i.base.LayerByDiffID(h)
}
