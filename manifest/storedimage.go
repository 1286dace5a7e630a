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

// storedImage is an image whose blobs lie on disk. Manifest and configuration are
// verified when it is opened, layers while they are read.
type storedImage struct {
	open        blobOpener
	manifest    *v1.Manifest
	config      *v1.ConfigFile
	rawManifest []byte
	rawConfig   []byte
	layers      []v1.Layer
}

var _ v1.Image = (*storedImage)(nil)

// openStored reads and verifies the image that desc names.
func openStored(open blobOpener, desc v1.Descriptor) (*storedImage, error) {
	raw, m, err := readManifest(open, desc)
	if err != nil {
		return nil, err
	}
	if isArtifact(m) {
		return nil, fmt.Errorf("%s: %w", desc.Digest, errArtifact)
	}
	config, err := readBlob(open, m.Config, maxConfigSize)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return newStored(open, raw, m, config)
}

// errArtifact: a manifest is that of an artifact, such as a signature.
var errArtifact = errors.New("it is an artifact, not an image")

// readManifest reads and verifies the manifest that desc names.
func readManifest(open blobOpener, desc v1.Descriptor) ([]byte, *v1.Manifest, error) {
	raw, err := readBlob(open, desc, maxManifestSize)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the manifest: %w", err)
	}
	m, err := parseManifest(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("manifest %s: %w", desc.Digest, err)
	}
	if m.MediaType == "" {
		m.MediaType = desc.MediaType
	}
	if m.MediaType != desc.MediaType {
		return nil, nil, fmt.Errorf("manifest %s has media type %q but is listed as %q", desc.Digest, m.MediaType, desc.MediaType)
	}
	return raw, m, nil
}

func newStored(open blobOpener, raw []byte, m *v1.Manifest, config []byte) (*storedImage, error) {
	cf, err := v1.ParseConfigFile(bytes.NewReader(config))
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", m.Config.Digest, err)
	}
	if len(cf.RootFS.DiffIDs) != len(m.Layers) {
		return nil, fmt.Errorf("the manifest lists %d layers, the configuration %d", len(m.Layers), len(cf.RootFS.DiffIDs))
	}
	img := &storedImage{open: open, manifest: m, config: cf, rawManifest: raw, rawConfig: config}
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
		return nil, errors.New("the document is both an image manifest and something else")
	}
	m := new(v1.Manifest)
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, err
	}
	if m.SchemaVersion != 2 {
		return nil, fmt.Errorf("unsupported schema version %d (want 2)", m.SchemaVersion)
	}
	for _, d := range append([]v1.Descriptor{m.Config}, m.Layers...) {
		if d.Size < 0 || d.Digest.Algorithm == "" {
			return nil, errors.New("a descriptor has no digest or a negative size")
		}
	}
	return m, nil
}

func (i *storedImage) Layers() ([]v1.Layer, error)         { return append([]v1.Layer(nil), i.layers...), nil }
func (i *storedImage) MediaType() (types.MediaType, error) { return i.manifest.MediaType, nil }
func (i *storedImage) Size() (int64, error)                { return int64(len(i.rawManifest)), nil }
func (i *storedImage) ConfigName() (v1.Hash, error)        { return i.manifest.Config.Digest, nil }
func (i *storedImage) ConfigFile() (*v1.ConfigFile, error) { return i.config.DeepCopy(), nil }
func (i *storedImage) RawConfigFile() ([]byte, error)      { return i.rawConfig, nil }
func (i *storedImage) Digest() (v1.Hash, error)            { return digestOf(i.rawManifest), nil }
func (i *storedImage) Manifest() (*v1.Manifest, error)     { return i.manifest.DeepCopy(), nil }
func (i *storedImage) RawManifest() ([]byte, error)        { return i.rawManifest, nil }

func (i *storedImage) LayerByDigest(h v1.Hash) (v1.Layer, error) {
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

func (i *storedImage) LayerByDiffID(h v1.Hash) (v1.Layer, error) {
	for n, d := range i.config.RootFS.DiffIDs {
		if d == h {
			return i.layers[n], nil
		}
	}
	return nil, fmt.Errorf("the image has no layer with diffID %s", h)
}
