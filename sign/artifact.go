package sign

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The empty config of an OCI artifact (image-spec 1.1, manifest.md, "Guidance
// for an Empty Descriptor").
const (
	emptyMediaType = types.MediaType("application/vnd.oci.empty.v1+json")
	emptyConfig    = "{}"
)

// artifact is an OCI artifact of one blob: an image manifest with an artifact
// type, an empty config and a subject.
type artifact struct {
	manifest []byte
	blob     blob
}

// blob is the layer; it is no tar, so compressed and plain are the same.
type blob struct {
	desc v1.Descriptor
	data []byte
}

var (
	_ partial.CompressedImageCore = (*artifact)(nil)
	_ partial.CompressedLayer     = blob{}
	_ partial.WithDiffID          = blob{}
)

// newArtifact packs data as an artifact that refers to the subject.
func newArtifact(data []byte, subject v1.Descriptor, annotations map[string]string) (v1.Image, error) {
	digest, size, err := v1.SHA256(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("hashing an artifact: %w", err)
	}
	config, n, err := v1.SHA256(bytes.NewReader([]byte(emptyConfig)))
	if err != nil {
		return nil, fmt.Errorf("hashing an artifact: %w", err)
	}
	desc := v1.Descriptor{MediaType: BundleMediaType, Size: size, Digest: digest}
	manifest, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2,
		MediaType:     types.OCIManifestSchema1,
		ArtifactType:  BundleMediaType,
		Config:        v1.Descriptor{MediaType: emptyMediaType, Size: n, Digest: config},
		Layers:        []v1.Descriptor{desc},
		Subject:       &v1.Descriptor{MediaType: subject.MediaType, Size: subject.Size, Digest: subject.Digest},
		Annotations:   annotations,
	})
	if err != nil {
		return nil, fmt.Errorf("encoding an artifact: %w", err)
	}
	return partial.CompressedToImage(&artifact{manifest: manifest, blob: blob{desc: desc, data: data}})
}

func (a *artifact) RawConfigFile() ([]byte, error)      { return []byte(emptyConfig), nil }
func (a *artifact) RawManifest() ([]byte, error)        { return a.manifest, nil }
func (a *artifact) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }
func (b blob) Digest() (v1.Hash, error)                 { return b.desc.Digest, nil }
func (b blob) DiffID() (v1.Hash, error)                 { return b.desc.Digest, nil }
func (b blob) Size() (int64, error)                     { return b.desc.Size, nil }
func (b blob) MediaType() (types.MediaType, error)      { return b.desc.MediaType, nil }
func (b blob) Compressed() (io.ReadCloser, error)       { return io.NopCloser(bytes.NewReader(b.data)), nil }

func (a *artifact) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	if h != a.blob.desc.Digest {
		return nil, fmt.Errorf("the artifact has no layer %s", h)
	}
	return a.blob, nil
}
