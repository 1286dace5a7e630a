package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Graph is content that is written to a layout or an archive as it was found:
// images, indexes, and what is attached to them.
type Graph struct {
	// Blobs are all of it, manifests included, each digest once.
	Blobs []GraphBlob
	// Roots are listed in the layout's index, each under its tags, or without
	// any.
	Roots []Root
	// Referrers are listed there, too, without tags.
	Referrers []v1.Descriptor
}

// GraphBlob is a blob and how it is opened. What is read is checked against the
// descriptor.
type GraphBlob struct {
	Descriptor v1.Descriptor
	Open       func(context.Context) (io.ReadCloser, error)
}

// Root is an entry of a layout's index.
type Root struct {
	Descriptor v1.Descriptor
	Tags       []string
}

// WriteLayoutGraph adds a graph to the OCI layout in dir, as [WriteLayout] adds
// an image: blobs first, and then all tags in one step.
func WriteLayoutGraph(ctx context.Context, dir string, g Graph, opt LayoutOptions) error {
	if err := writeLayoutGraph(ctx, dir, g, opt); err != nil {
		return fmt.Errorf("writing OCI layout %q: %w", dir, err)
	}
	return nil
}

func writeLayoutGraph(ctx context.Context, dir string, g Graph, opt LayoutOptions) error {
	if err := g.check(); err != nil {
		return err
	}
	blobDir := filepath.Join(dir, "blobs", "sha256")
	if err := prepareLayout(dir, blobDir); err != nil {
		return err
	}
	if err := writeBlobs(ctx, blobDir, g.blobs(), opt); err != nil {
		return err
	}
	return updateIndex(ctx, dir, func(old []byte) ([]byte, error) { return g.index(old, dirBlobs(dir)) })
}

// WriteOCIArchiveGraph writes a graph as an oci-archive, as [WriteOCIArchive]
// writes an image. Equal graphs make equal files.
func WriteOCIArchiveGraph(ctx context.Context, file string, g Graph, opt LayoutOptions) error {
	err := g.check()
	var index []byte
	if err == nil {
		index, err = g.index(nil, func(v1.Hash) (io.ReadCloser, error) { return nil, os.ErrNotExist })
	}
	if err == nil {
		err = writeArchive(ctx, toFile(file), index, g.blobs(), opt)
	}
	if err != nil {
		return fmt.Errorf("writing OCI archive: %w", err)
	}
	return nil
}

// index returns a layout's index with the graph in it.
func (g Graph) index(old []byte, open blobOpener) ([]byte, error) {
	raw := old
	for i, r := range g.Roots {
		c := &content{desc: r.Descriptor}
		if len(g.Referrers) > 0 && !slices.ContainsFunc(r.Tags, IsAttachmentTag) {
			c.desc.Annotations = map[string]string{annotationKind: kindImage}
			if r.Descriptor.MediaType.IsIndex() {
				c.desc.Annotations[annotationKind] = kindIndex
			}
		}
		if i == len(g.Roots)-1 {
			c.referrers = g.Referrers
		}
		tags := r.Tags
		if len(tags) == 0 {
			tags = []string{""}
		}
		for _, tag := range tags {
			var err error
			if raw, err = indexWith(raw, c, tag, open); err != nil {
				return nil, err
			}
		}
	}
	return raw, nil
}

func (g Graph) check() error {
	if len(g.Roots) == 0 {
		return errors.New("there is nothing to write")
	}
	for _, r := range g.Roots {
		for _, t := range r.Tags {
			if err := checkTag(t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g Graph) blobs() []blob {
	list := make([]blob, len(g.Blobs))
	for i, b := range g.Blobs {
		list[i] = blob{b.Descriptor, b.Open}
	}
	return list
}

// IsAttachmentTag reports whether a tag names no image, but what is attached to
// one: signatures and the like of cosign 1 and 2 ("sha256-….sig"), or a list of
// referrers ("sha256-…").
func IsAttachmentTag(tag string) bool {
	rest, ok := strings.CutPrefix(tag, "sha256-")
	digest, _, _ := strings.Cut(rest, ".")
	_, err := v1.NewHash("sha256:" + digest)
	return ok && err == nil
}

func compareDigests(a, b v1.Hash) int { return strings.Compare(a.String(), b.String()) }
