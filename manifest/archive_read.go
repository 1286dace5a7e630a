package manifest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const dockerManifest = "manifest.json"

// ReadOCIArchive opens an image of an oci-archive in place; the rest is as
// with [ReadLayout].
func ReadOCIArchive(file, ref string, p v1.Platform) (v1.Image, error) {
	img, err := readOCIArchive(file, ref, p)
	if err != nil {
		return nil, fmt.Errorf("reading OCI archive %q: %w", file, err)
	}
	return img, nil
}

func readOCIArchive(file, ref string, p v1.Platform) (*storedImage, error) {
	open, idx, err := openOCIArchive(file)
	if err != nil {
		return nil, err
	}
	return resolve(open, idx, ref, p)
}

// openOCIArchive reads the index of an oci-archive.
func openOCIArchive(file string) (blobOpener, *v1.IndexManifest, error) {
	t, err := indexTar(file)
	if err != nil {
		return nil, nil, err
	}
	idx, err := readIndex(func(name string) ([]byte, error) { return t.read(name, maxManifestSize) })
	return func(h v1.Hash) (io.ReadCloser, error) { return t.open(blobPath(h)) }, idx, err
}

// ReadDockerArchive opens an image of a docker-archive in place. The
// reference is one of its tags, or empty when there is one image.
//
// The format holds no manifest, so a Docker manifest is made: with layers
// that are compressed hashed here, and those that are not taken as they are,
// under their diffIDs. They are not compressed anew, because then the image's
// digest would depend on the compressor.
func ReadDockerArchive(ctx context.Context, file, ref string, p v1.Platform) (v1.Image, error) {
	img, err := readDockerArchive(ctx, file, ref)
	if err == nil {
		err = CheckPlatform(p, img.config)
	}
	if err != nil {
		return nil, fmt.Errorf("reading Docker archive %q: %w", file, err)
	}
	return img, nil
}

func readDockerArchive(ctx context.Context, file, ref string) (*storedImage, error) {
	t, err := indexTar(file)
	if err != nil {
		return nil, err
	}
	raw, err := t.read(dockerManifest, maxManifestSize)
	if err != nil {
		return nil, err
	}
	var entries []dockerEntry
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, fmt.Errorf("reading %q: %w", dockerManifest, err)
	}
	entry, err := pickEntry(entries, ref)
	if err != nil {
		return nil, err
	}
	config, err := t.read(entry.Config, maxConfigSize)
	if err != nil {
		return nil, err
	}
	return t.dockerImage(ctx, entry, config)
}

// pickEntry finds the image with the tag, compared as Docker does
// ("python:3.10" is "docker.io/library/python:3.10").
func pickEntry(entries []dockerEntry, ref string) (dockerEntry, error) {
	if ref == "" {
		if len(entries) == 1 {
			return entries[0], nil
		}
		return dockerEntry{}, fmt.Errorf("the archive contains %d images; name one: %s", len(entries), listRepoTags(entries))
	}
	want, err := name.NewTag(ref)
	if err != nil {
		return dockerEntry{}, fmt.Errorf("tag %q: %w", ref, err)
	}
	for _, e := range entries {
		for _, t := range e.RepoTags {
			if tag, err := name.NewTag(t); err == nil && tag.Name() == want.Name() {
				return e, nil
			}
		}
	}
	return dockerEntry{}, fmt.Errorf("no image named %q; available: %s", ref, listRepoTags(entries))
}

func listRepoTags(entries []dockerEntry) string {
	var tags []string
	for _, e := range entries {
		for _, t := range e.RepoTags {
			tags = append(tags, fmt.Sprintf("%q", t))
		}
	}
	if len(tags) == 0 {
		return "none has a tag"
	}
	slices.Sort(tags)
	return strings.Join(slices.Compact(tags), ", ")
}

// dockerImage makes the manifest for an entry of the archive.
func (t *tarIndex) dockerImage(ctx context.Context, entry dockerEntry, config []byte) (*storedImage, error) {
	var cf v1.ConfigFile
	if err := json.Unmarshal(config, &cf); err != nil {
		return nil, fmt.Errorf("reading %q: %w", entry.Config, err)
	}
	if len(cf.RootFS.DiffIDs) != len(entry.Layers) {
		return nil, fmt.Errorf("%q lists %d layers, the configuration %d", dockerManifest, len(entry.Layers), len(cf.RootFS.DiffIDs))
	}
	m := &v1.Manifest{
		SchemaVersion: 2, MediaType: types.DockerManifestSchema2,
		Config: v1.Descriptor{MediaType: types.DockerConfigJSON, Size: int64(len(config)), Digest: digestOf(config)},
		Layers: []v1.Descriptor{},
	}
	names := map[v1.Hash]string{}
	for n, path := range entry.Layers {
		desc, err := t.dockerLayer(ctx, path, cf.RootFS.DiffIDs[n])
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", path, err)
		}
		// Where the content is what a foreign layer's descriptor names, the
		// layer stays foreign.
		if source, ok := entry.LayerSources[cf.RootFS.DiffIDs[n].String()]; ok && source.Digest == desc.Digest && source.Size == desc.Size {
			desc = source
		}
		names[desc.Digest] = path
		m.Layers = append(m.Layers, desc)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	open := func(h v1.Hash) (io.ReadCloser, error) { return t.open(names[h]) }
	return newStored(open, raw, m, config)
}

// dockerLayer describes a layer by a look at its first bytes.
func (t *tarIndex) dockerLayer(ctx context.Context, path string, diffID v1.Hash) (desc v1.Descriptor, err error) {
	rc, err := t.open(path)
	if err != nil {
		return desc, err
	}
	defer func() { err = errors.Join(err, rc.Close()) }()
	magic := make([]byte, 4)
	n, err := io.ReadFull(rc, magic)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return desc, err
	}
	magic = magic[:n]
	switch {
	case isGzip(magic):
		desc.MediaType = types.DockerLayer
	case isZstd(magic):
		desc.MediaType = dockerLayerZstd
	default:
		s, err := t.find(path)
		return v1.Descriptor{MediaType: types.DockerUncompressedLayer, Size: s.size, Digest: diffID}, err
	}
	sum := sha256.New()
	sum.Write(magic)
	desc.Size = int64(n)
	if err := copyContext(ctx, sum, rc, func(n int) { desc.Size += int64(n) }); err != nil {
		return desc, err
	}
	desc.Digest = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
	return desc, nil
}
