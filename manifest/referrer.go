package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Referrer is an artifact that refers to an image, such as a signature.
type Referrer struct {
	// Descriptor is that by which a registry lists it: with artifact type and
	// annotations.
	Descriptor v1.Descriptor
	// Artifact is the artifact, whose layers are its blobs.
	Artifact v1.Image
}

// DescribeReferrer returns the descriptor by which an artifact with a subject
// is listed (distribution-spec, "Listing Referrers"), and the subject's
// digest.
func DescribeReferrer(artifact v1.Image) (entry v1.Descriptor, subject v1.Hash, err error) {
	raw, err := artifact.RawManifest()
	if err != nil {
		return entry, subject, fmt.Errorf("reading the artifact's manifest: %w", err)
	}
	m, err := parseManifest(raw)
	if err != nil {
		return entry, subject, fmt.Errorf("reading the artifact's manifest: %w", err)
	}
	if m.MediaType == "" {
		m.MediaType = types.OCIManifestSchema1
	}
	if m.Subject == nil {
		return entry, subject, errors.New("the artifact has no subject")
	}
	return referrerEntry(raw, m), m.Subject.Digest, nil
}

func referrerEntry(raw []byte, m *v1.Manifest) v1.Descriptor {
	entry := v1.Descriptor{
		MediaType: m.MediaType, Size: int64(len(raw)), Digest: digestOf(raw),
		Annotations: m.Annotations, ArtifactType: m.ArtifactType,
	}
	if entry.ArtifactType == "" {
		entry.ArtifactType = string(m.Config.MediaType)
	}
	return entry
}

// ReferrerEntry returns the descriptor by which a manifest of the given bytes
// and media type is listed among its subject's referrers, and the subject's
// digest, nil for one without a subject. Indexes may have one too.
func ReferrerEntry(raw []byte, mt types.MediaType) (entry v1.Descriptor, subject *v1.Hash, err error) {
	var m struct {
		ArtifactType string            `json:"artifactType"`
		Annotations  map[string]string `json:"annotations"`
		Config       struct {
			MediaType string `json:"mediaType"`
		} `json:"config"`
		Subject *v1.Descriptor `json:"subject"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return entry, nil, fmt.Errorf("reading the manifest: %w", err)
	}
	entry = v1.Descriptor{
		MediaType: mt, Size: int64(len(raw)), Digest: digestOf(raw),
		Annotations: m.Annotations, ArtifactType: m.ArtifactType,
	}
	if entry.ArtifactType == "" {
		entry.ArtifactType = m.Config.MediaType
	}
	if m.Subject == nil || m.Subject.Digest.Algorithm == "" {
		return entry, nil, nil
	}
	return entry, &m.Subject.Digest, nil
}

// isArtifact reports whether a manifest is that of something else than a
// container image.
func isArtifact(m *v1.Manifest) bool {
	return m.ArtifactType != "" || (m.Subject != nil && m.Config.MediaType != types.OCIConfigJSON && m.Config.MediaType != types.DockerConfigJSON)
}

// ReadLayoutReferrers returns what refers to an image or index in the OCI
// layout in dir: the artifacts whose manifests the layout's index lists and
// whose subject it is, as [WriteLayout] and oras keep them, in the order of
// the index. Their blobs are verified as they are read; see [ErrCorrupt]. None
// is no error.
func ReadLayoutReferrers(dir string, subject v1.Hash) ([]Referrer, error) {
	open, idx, err := openLayout(os.DirFS(dir))
	if err == nil {
		var list []Referrer
		if list, err = referrers(open, idx, subject); err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("reading referrers in OCI layout %q: %w", dir, err)
}

// ReadOCIArchiveReferrers is [ReadLayoutReferrers] for an oci-archive.
func ReadOCIArchiveReferrers(file string, subject v1.Hash) ([]Referrer, error) {
	open, idx, err := openOCIArchive(file)
	if err == nil {
		var list []Referrer
		if list, err = referrers(open, idx, subject); err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("reading referrers in OCI archive %q: %w", file, err)
}

func referrers(open blobOpener, idx *v1.IndexManifest, subject v1.Hash) ([]Referrer, error) {
	var out []Referrer
	for _, d := range idx.Manifests {
		if !d.MediaType.IsImage() || slices.ContainsFunc(out, func(r Referrer) bool { return r.Descriptor.Digest == d.Digest }) {
			continue
		}
		raw, m, err := readManifest(open, d)
		if err != nil {
			return nil, err
		}
		if m.Subject == nil || m.Subject.Digest != subject {
			continue
		}
		config, err := readBlob(open, m.Config, maxConfigSize)
		if err != nil {
			return nil, fmt.Errorf("reading the config of artifact %s: %w", d.Digest, err)
		}
		artifact, err := partial.CompressedToImage(&storedArtifact{open: open, manifest: m, rawManifest: raw, rawConfig: config})
		if err != nil {
			return nil, fmt.Errorf("artifact %s: %w", d.Digest, err)
		}
		out = append(out, Referrer{Descriptor: referrerEntry(raw, m), Artifact: artifact})
	}
	return out, nil
}

// storedArtifact is an artifact whose blobs lie on disk. Unlike an image's,
// its config says nothing of its layers.
type storedArtifact struct {
	open        blobOpener
	manifest    *v1.Manifest
	rawManifest []byte
	rawConfig   []byte
}

var _ partial.CompressedImageCore = (*storedArtifact)(nil)

func (a *storedArtifact) MediaType() (types.MediaType, error) { return a.manifest.MediaType, nil }
func (a *storedArtifact) RawManifest() ([]byte, error)        { return a.rawManifest, nil }
func (a *storedArtifact) RawConfigFile() ([]byte, error)      { return a.rawConfig, nil }

func (a *storedArtifact) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	for _, d := range a.manifest.Layers {
		if d.Digest == h {
			return artifactBlob{open: a.open, desc: d}, nil
		}
	}
	return nil, fmt.Errorf("the artifact has no blob %s", h)
}

// artifactBlob is no tar, so compressed and plain are the same.
type artifactBlob struct {
	open blobOpener
	desc v1.Descriptor
}

func (b artifactBlob) Digest() (v1.Hash, error)            { return b.desc.Digest, nil }
func (b artifactBlob) DiffID() (v1.Hash, error)            { return b.desc.Digest, nil }
func (b artifactBlob) Size() (int64, error)                { return b.desc.Size, nil }
func (b artifactBlob) MediaType() (types.MediaType, error) { return b.desc.MediaType, nil }
func (b artifactBlob) Descriptor() (*v1.Descriptor, error) { return b.desc.DeepCopy(), nil }

func (b artifactBlob) Compressed() (io.ReadCloser, error) {
	rc, err := b.open(b.desc.Digest)
	if err != nil {
		return nil, err
	}
	return newVerified(rc, b.desc)
}

// subjectOf returns the subject of the manifest that d names, if it is there
// and has one.
func subjectOf(open blobOpener, d v1.Descriptor) (v1.Hash, bool) {
	raw, err := readBlob(open, d, maxManifestSize)
	if err != nil {
		return v1.Hash{}, false
	}
	var m struct {
		Subject *v1.Descriptor `json:"subject"`
	}
	if err := json.Unmarshal(raw, &m); err != nil || m.Subject == nil {
		return v1.Hash{}, false
	}
	return m.Subject.Digest, true
}
