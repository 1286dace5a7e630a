package manifest

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/layers"
)

// WriteOCIArchive writes the image as a tar of an OCI layout, the format that
// containers-transports calls oci-archive. Equal images make equal files. The
// file appears complete or not at all, and nothing is held in memory.
func WriteOCIArchive(ctx context.Context, file string, img v1.Image, opt LayoutOptions) error {
	return ociArchive(ctx, toFile(file), img, opt)
}

// StreamOCIArchive is [WriteOCIArchive] to w, which after an error has part of
// the archive.
func StreamOCIArchive(ctx context.Context, w io.Writer, img v1.Image, opt LayoutOptions) error {
	return ociArchive(ctx, toWriter(w), img, opt)
}

func ociArchive(ctx context.Context, to sink, img v1.Image, opt LayoutOptions) error {
	c, err := imageContent(img, opt)
	if err == nil {
		err = writeOCIArchive(ctx, to, c, opt)
	}
	if err != nil {
		return fmt.Errorf("writing OCI archive: %w", err)
	}
	return nil
}

// WriteOCIArchiveIndex is [WriteOCIArchive] for an index: all its images are
// written, and the tag names the index.
func WriteOCIArchiveIndex(ctx context.Context, file string, idx v1.ImageIndex, opt LayoutOptions) error {
	c, err := indexContent(idx, opt)
	if err == nil {
		err = writeOCIArchive(ctx, toFile(file), c, opt)
	}
	if err != nil {
		return fmt.Errorf("writing OCI archive: %w", err)
	}
	return nil
}

func writeOCIArchive(ctx context.Context, to sink, c *content, opt LayoutOptions) error {
	if err := checkTag(opt.Tag); err != nil {
		return err
	}
	index, err := indexWith(nil, c, opt.Tag, nil)
	if err != nil {
		return err
	}
	return writeArchive(ctx, to, index, c.blobs, opt)
}

// writeArchive writes the tar of a layout with that index.
func writeArchive(ctx context.Context, to sink, index []byte, blobs []blob, opt LayoutOptions) error {
	return writeTar(to, func(t *tarWriter) error {
		t.progress = newProgress(blobs, opt.Progress)
		if err := t.file(layoutMarker, []byte(layoutMarkerContent)); err != nil {
			return err
		}
		if err := t.file(layoutIndex, index); err != nil {
			return err
		}
		for _, b := range blobs {
			if err := t.blob(ctx, blobPath(b.desc.Digest), b); err != nil {
				return err
			}
		}
		return nil
	})
}

// dockerEntry is an image in the manifest.json of `docker save`.
type dockerEntry struct {
	Config   string
	RepoTags []string
	Layers   []string
	// LayerSources holds the descriptors of foreign layers by diffID.
	LayerSources map[string]v1.Descriptor `json:",omitempty"`
}

// WriteDockerArchive writes the image in the format of `docker save`, for
// `docker load`; containers-transports calls it docker-archive. The tag in
// opt is a full one, such as "registry.example/app:1", and may be empty. The
// file is as good as that of [WriteOCIArchive], but the format holds no image
// manifest: who loads it makes another, with another digest. It can't do
// without the content of foreign layers either, so that is in it, and their
// descriptors are beside it.
func WriteDockerArchive(ctx context.Context, file string, img v1.Image, opt LayoutOptions) error {
	return dockerArchive(ctx, toFile(file), img, opt)
}

// StreamDockerArchive is [WriteDockerArchive] to w, which after an error has
// part of the archive.
func StreamDockerArchive(ctx context.Context, w io.Writer, img v1.Image, opt LayoutOptions) error {
	return dockerArchive(ctx, toWriter(w), img, opt)
}

func dockerArchive(ctx context.Context, to sink, img v1.Image, opt LayoutOptions) error {
	if err := writeDockerArchive(ctx, to, img, opt); err != nil {
		return fmt.Errorf("writing Docker archive: %w", err)
	}
	return nil
}

func writeDockerArchive(ctx context.Context, to sink, img v1.Image, opt LayoutOptions) error {
	if len(opt.Referrers) > 0 {
		return errors.New("the format can't hold referrers")
	}
	entry := dockerEntry{RepoTags: []string{}}
	if opt.Tag != "" {
		tag, err := name.NewTag(opt.Tag)
		if err != nil {
			return fmt.Errorf("tag %q: %w", opt.Tag, err)
		}
		entry.RepoTags = append(entry.RepoTags, tag.Name())
	}
	m, err := img.Manifest()
	if err != nil {
		return fmt.Errorf("reading the manifest: %w", err)
	}
	blobs, err := dockerBlobs(img)
	if err != nil {
		return err
	}
	if entry.LayerSources, err = layerSources(img); err != nil {
		return err
	}
	entry.Config = m.Config.Digest.Hex + ".json"
	for _, l := range m.Layers {
		entry.Layers = append(entry.Layers, layerFile(l))
	}
	list, err := json.Marshal([]dockerEntry{entry})
	if err != nil {
		return err
	}
	return writeTar(to, func(t *tarWriter) error {
		t.progress = newProgress(blobs, opt.Progress)
		if err := t.file(dockerManifest, list); err != nil {
			return err
		}
		for n, b := range blobs {
			path := layerFile(b.desc)
			if n == 0 {
				path = entry.Config
			}
			if err := t.blob(ctx, path, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// dockerBlobs lists configuration and layers, foreign ones too.
func dockerBlobs(img v1.Image) ([]blob, error) {
	blobs, err := blobsOf(img)
	if err != nil {
		return nil, err
	}
	m, err := img.Manifest()
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	for _, d := range m.Layers {
		if Distributable(d.MediaType) {
			continue
		}
		open := func(ctx context.Context) (io.ReadCloser, error) {
			l, err := img.LayerByDigest(d.Digest)
			if err != nil {
				return nil, err
			}
			return layers.OpenCompressed(ctx, l)
		}
		blobs = append(blobs, blob{d, open})
	}
	return uniqueBlobs(blobs[1:]), nil // not the manifest
}

// layerSources returns the descriptors of foreign layers by diffID.
func layerSources(img v1.Image) (map[string]v1.Descriptor, error) {
	m, err := img.Manifest()
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	out := map[string]v1.Descriptor{}
	for n, d := range m.Layers {
		if !Distributable(d.MediaType) && n < len(cf.RootFS.DiffIDs) {
			out[cf.RootFS.DiffIDs[n].String()] = d
		}
	}
	return out, nil
}

// layerFile names a layer in a Docker archive. Readers look at the content,
// people at the extension.
func layerFile(d v1.Descriptor) string {
	switch d.MediaType {
	case types.OCIUncompressedLayer, types.DockerUncompressedLayer, types.OCIUncompressedRestrictedLayer:
		return d.Digest.Hex + ".tar"
	case types.OCILayerZStd, dockerLayerZstd:
		return d.Digest.Hex + ".tar.zst"
	default:
		return d.Digest.Hex + ".tar.gz"
	}
}

// tarWriter writes files whose headers hold nothing but name and size.
type tarWriter struct {
	*tar.Writer
	progress *progress
}

// sink runs a function that writes, with the place to write to.
type sink func(write func(io.Writer) error) error

// toFile makes the file appear whole or not at all.
func toFile(path string) sink {
	return func(write func(io.Writer) error) error { return writeWhole(path, write) }
}

func toWriter(w io.Writer) sink {
	return func(write func(io.Writer) error) error { return write(w) }
}

// writeTar makes the tar with what fill writes.
func writeTar(to sink, fill func(*tarWriter) error) error {
	return to(func(w io.Writer) error {
		buf := bufio.NewWriterSize(w, copyBufferSize)
		t := &tarWriter{Writer: tar.NewWriter(buf)}
		if err := fill(t); err != nil {
			return err
		}
		if err := t.Close(); err != nil {
			return err
		}
		return buf.Flush()
	})
}

func (t *tarWriter) header(path string, size int64) error {
	return t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path, Size: size, Mode: 0o644})
}

func (t *tarWriter) file(path string, content []byte) error {
	if err := t.header(path, int64(len(content))); err != nil {
		return err
	}
	_, err := t.Write(content)
	return err
}

func (t *tarWriter) blob(ctx context.Context, path string, b blob) error {
	if err := t.header(path, b.desc.Size); err != nil {
		return err
	}
	return copyBlob(ctx, t, b.desc, b.open, func(n int) { t.progress.add(int64(n)) })
}
