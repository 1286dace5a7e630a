package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Limits of what is held in memory; registries have the same or lower ones.
const (
	maxManifestSize = 4 << 20
	maxConfigSize   = 8 << 20
)

// blobOpener opens a blob by its digest, without verifying it.
type blobOpener func(v1.Hash) (io.ReadCloser, error)

// stored is an image whose blobs lie on disk. Manifest and configuration are
// verified when it is opened, layers while they are read.
type stored struct {
	open        blobOpener
	manifest    *v1.Manifest
	config      *v1.ConfigFile
	rawManifest []byte
	rawConfig   []byte
	layers      []v1.Layer
}

var _ v1.Image = (*stored)(nil)

// openStored reads and verifies the image that desc names.
func openStored(open blobOpener, desc v1.Descriptor) (*stored, error) {
	raw, err := readBlob(open, desc, maxManifestSize)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	m, err := parseManifest(raw)
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", desc.Digest, err)
	}
	if m.MediaType == "" {
		m.MediaType = desc.MediaType
	}
	if m.MediaType != desc.MediaType {
		return nil, fmt.Errorf("manifest %s calls itself %q, but is listed as %q", desc.Digest, m.MediaType, desc.MediaType)
	}
	config, err := readBlob(open, m.Config, maxConfigSize)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return newStored(open, raw, m, config)
}

func newStored(open blobOpener, raw []byte, m *v1.Manifest, config []byte) (*stored, error) {
	cf, err := v1.ParseConfigFile(bytes.NewReader(config))
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", m.Config.Digest, err)
	}
	if len(cf.RootFS.DiffIDs) != len(m.Layers) {
		return nil, fmt.Errorf("the manifest lists %d layers, the configuration %d", len(m.Layers), len(cf.RootFS.DiffIDs))
	}
	img := &stored{open: open, manifest: m, config: cf, rawManifest: raw, rawConfig: config}
	for n, desc := range m.Layers {
		img.layers = append(img.layers, &storedLayer{open: open, desc: desc, diffID: cf.RootFS.DiffIDs[n]})
	}
	return img, nil
}

// parseManifest refuses a document that could be read both as a manifest and
// as an index (GHSA-5j5w-g665-5m35), and negative sizes.
func parseManifest(raw []byte) (*v1.Manifest, error) {
	if err := checkKeys(raw); err != nil {
		return nil, err
	}
	var both struct {
		Manifests json.RawMessage `json:"manifests"`
		FSLayers  json.RawMessage `json:"fsLayers"`
	}
	if err := json.Unmarshal(raw, &both); err != nil {
		return nil, err
	}
	if both.Manifests != nil || both.FSLayers != nil {
		return nil, errors.New("it is an image manifest and something else at once")
	}
	m := new(v1.Manifest)
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, err
	}
	if m.SchemaVersion != 2 {
		return nil, fmt.Errorf("schema version %d is not 2", m.SchemaVersion)
	}
	for _, d := range append([]v1.Descriptor{m.Config}, m.Layers...) {
		if d.Size < 0 || d.Digest.Algorithm == "" {
			return nil, errors.New("a descriptor lacks its digest or has a negative size")
		}
	}
	return m, nil
}

func (i *stored) Layers() ([]v1.Layer, error)         { return append([]v1.Layer(nil), i.layers...), nil }
func (i *stored) MediaType() (types.MediaType, error) { return i.manifest.MediaType, nil }
func (i *stored) Size() (int64, error)                { return int64(len(i.rawManifest)), nil }
func (i *stored) ConfigName() (v1.Hash, error)        { return i.manifest.Config.Digest, nil }
func (i *stored) ConfigFile() (*v1.ConfigFile, error) { return i.config.DeepCopy(), nil }
func (i *stored) RawConfigFile() ([]byte, error)      { return i.rawConfig, nil }
func (i *stored) Digest() (v1.Hash, error)            { return digestOf(i.rawManifest), nil }
func (i *stored) Manifest() (*v1.Manifest, error)     { return i.manifest.DeepCopy(), nil }
func (i *stored) RawManifest() ([]byte, error)        { return i.rawManifest, nil }

func (i *stored) LayerByDigest(h v1.Hash) (v1.Layer, error) {
	if h == i.manifest.Config.Digest {
		return partial.ConfigLayer(i)
	}
	for n, d := range i.manifest.Layers {
		if d.Digest == h {
			return i.layers[n], nil
		}
	}
	return nil, fmt.Errorf("the image has no layer %s", h)
}

func (i *stored) LayerByDiffID(h v1.Hash) (v1.Layer, error) {
	for n, d := range i.config.RootFS.DiffIDs {
		if d == h {
			return i.layers[n], nil
		}
	}
	return nil, fmt.Errorf("the image has no layer with diffID %s", h)
}
