package smoke

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/assemble-image/assemble/manifest"
)

// OpenImage opens an image that the containerd of this machine has under a name
// in full ("docker.io/library/python:3.10"), for a platform. It is looked for in
// the namespace of CONTAINERD_NAMESPACE, or else in those of nerdctl and of
// Kubernetes. Blobs are read from containerd's content store, each on a
// connection of its own, and checked against their digests; one that containerd
// hasn't kept is an error when it is read. Without a containerd the error is an
// [*UnavailableError].
func OpenImage(ctx context.Context, name string, p v1.Platform) (img v1.Image, err error) {
	address, err := dialAny(ctx, Options{}.addresses(os.Getenv))
	if err != nil {
		return nil, err
	}
	spaces := []string{"default", "k8s.io"}
	if space := os.Getenv("CONTAINERD_NAMESPACE"); space != "" {
		spaces = []string{space}
	}
	c, err := client.New(address)
	if err != nil {
		return nil, fmt.Errorf("connecting to containerd at %q: %w", address, err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for _, space := range spaces {
		var found images.Image
		found, err = c.ImageService().Get(namespaces.WithNamespace(ctx, space), name)
		if errdefs.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("asking containerd at %q: %w", address, err)
		}
		h, err := v1.NewHash(found.Target.Digest.String())
		if err != nil {
			return nil, fmt.Errorf("image %q of containerd: %w", name, err)
		}
		d := v1.Descriptor{MediaType: types.MediaType(found.Target.MediaType), Size: found.Target.Size, Digest: h}
		return manifest.OpenContent(stored{address, space}.open, d, p)
	}
	return nil, fmt.Errorf("containerd has no image %q in the namespaces %q", name, spaces)
}

// stored opens blobs of a namespace.
type stored struct{ address, space string }

func (s stored) open(h v1.Hash) (io.ReadCloser, error) {
	c, err := client.New(s.address)
	if err != nil {
		return nil, fmt.Errorf("connecting to containerd at %q: %w", s.address, err)
	}
	// What reads a layer has no context of its own here; its end closes the connection.
	ctx := namespaces.WithNamespace(context.Background(), s.space)
	at, err := c.ContentStore().ReaderAt(ctx, ocispec.Descriptor{Digest: digest.Digest(h.String())})
	if err != nil {
		if errdefs.IsNotFound(err) {
			err = errors.New("containerd hasn't kept it: pull the image with all its content")
		}
		return nil, errors.Join(fmt.Errorf("reading blob %s: %w", h, err), c.Close())
	}
	return &storedBlob{Reader: content.NewReader(at), at: at, client: c}, nil
}

type storedBlob struct {
	io.Reader
	at     content.ReaderAt
	client *client.Client
}

func (b *storedBlob) Close() error { return errors.Join(b.at.Close(), b.client.Close()) }
