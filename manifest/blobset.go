package manifest

import (
	"bytes"
	"context"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/layers"
)

// blob is one of the files that an image consists of.
type blob struct {
	desc v1.Descriptor
	open func(context.Context) (io.ReadCloser, error)
}

// blobsOf lists the blobs that an image is given on with, each digest once:
// manifest, configuration, layers in order. Foreign layers are left out.
func blobsOf(img v1.Image) ([]blob, error) {
	desc, raw, err := describe(img)
	if err != nil {
		return nil, err
	}
	m, err := img.Manifest()
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	config, err := img.RawConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	content, err := img.Layers()
	if err != nil {
		return nil, fmt.Errorf("listing the layers: %w", err)
	}
	if len(content) != len(m.Layers) {
		return nil, fmt.Errorf("the manifest lists %d layers, the image has %d", len(m.Layers), len(content))
	}
	all := make([]blob, 0, len(content)+2)
	all = append(all, blob{desc, inMemory(raw)}, blob{m.Config, inMemory(config)})
	for n, l := range content {
		if !Distributable(m.Layers[n].MediaType) {
			continue
		}
		open := func(ctx context.Context) (io.ReadCloser, error) { return layers.OpenCompressed(ctx, l) }
		all = append(all, blob{m.Layers[n], open})
	}
	return uniqueBlobs(all), nil
}

// artifactBlobs lists an artifact's blobs: manifest, config, layers. Its config
// need not be an image's.
func artifactBlobs(entry v1.Descriptor, a v1.Image) ([]blob, error) {
	raw, err := a.RawManifest()
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	m, err := parseManifest(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	config, err := a.RawConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the config: %w", err)
	}
	out := []blob{{entry, inMemory(raw)}, {m.Config, inMemory(config)}}
	for _, d := range m.Layers {
		l, err := a.LayerByDigest(d.Digest)
		if err != nil {
			return nil, err
		}
		out = append(out, blob{d, func(ctx context.Context) (io.ReadCloser, error) { return layers.OpenCompressed(ctx, l) }})
	}
	return out, nil
}

// uniqueBlobs keeps the first blob of each digest.
func uniqueBlobs(all []blob) []blob {
	seen := map[v1.Hash]bool{}
	out := all[:0]
	for _, b := range all {
		if !seen[b.desc.Digest] {
			seen[b.desc.Digest] = true
			out = append(out, b)
		}
	}
	return out
}

// describe returns the descriptor by which an index lists the image, and the
// manifest's bytes.
func describe(img v1.Image) (v1.Descriptor, []byte, error) {
	raw, err := img.RawManifest()
	if err != nil {
		return v1.Descriptor{}, nil, fmt.Errorf("reading the manifest: %w", err)
	}
	mt, err := img.MediaType()
	if err != nil {
		return v1.Descriptor{}, nil, fmt.Errorf("reading the media type: %w", err)
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return v1.Descriptor{}, nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return v1.Descriptor{
		MediaType: mt, Size: int64(len(raw)), Digest: digestOf(raw),
		Platform: &v1.Platform{OS: cf.OS, Architecture: cf.Architecture, Variant: cf.Variant},
	}, raw, nil
}

func inMemory(b []byte) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// progress adds up what was written and reports it. Its zero value reports
// to nobody; add must not be called from two goroutines at once.
type progress struct {
	report      func(done, total int64)
	done, total int64
}

func newProgress(blobs []blob, report func(done, total int64)) *progress {
	p := &progress{report: report}
	for _, b := range blobs {
		p.total += b.desc.Size
	}
	return p
}

func (p *progress) add(n int64) {
	p.done += n
	if p.report != nil {
		p.report(p.done, p.total)
	}
}
