package smoke

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/containerd/containerd/v2/core/content"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/layers"
)

// ingestJobs is how many blobs are written at once: enough to keep one reader
// busy while another waits for containerd's fsync.
const ingestJobs = 3

// eventStep is how many bytes lie between two events of progress.
const eventStep = 1 << 20

// A blob is one layer to be written into containerd.
type blob struct {
	layer  v1.Layer
	desc   ocispec.Descriptor
	diffID digest.Digest
	ready  chan struct{} // closed when the content store has it
}

// describe lists the blobs to write, without reading any layer's content.
func describe(list []v1.Layer) ([]*blob, int64, error) {
	blobs := make([]*blob, len(list))
	var total int64
	for i, layer := range list {
		b := &blob{layer: layer, ready: make(chan struct{})}
		if err := b.describe(); err != nil {
			return nil, 0, fmt.Errorf("reading layer %d: %w", i, err)
		}
		total += b.desc.Size
		blobs[i] = b
	}
	return blobs, total, nil
}

func (b *blob) describe() error {
	hash, err := b.layer.Digest()
	if err != nil {
		return err
	}
	diffID, err := b.layer.DiffID()
	if err != nil {
		return err
	}
	size, err := b.layer.Size()
	if err != nil {
		return err
	}
	mediaType, err := b.layer.MediaType()
	if err != nil {
		return err
	}
	b.desc = ocispec.Descriptor{MediaType: string(mediaType), Digest: digest.Digest(hash.String()), Size: size}
	b.diffID = digest.Digest(diffID.String())
	return nil
}

// ingest writes the blobs into the content store, several at once but in order,
// so that unpacking can follow. ctx carries the lease that holds them.
func ingest(ctx context.Context, cs content.Store, id string, blobs []*blob, total int64, progress func(Event)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(ingestJobs)
	var done atomic.Int64
	for _, b := range blobs {
		g.Go(func() error {
			counted := func(n int64) {
				sum := done.Add(n)
				if sum/eventStep != (sum-n)/eventStep || sum == total {
					progress(Event{Stage: StageIngest, Item: b.desc.Digest.String(), Done: sum, Total: total})
				}
			}
			if err := b.write(ctx, cs, id, counted); err != nil {
				return fmt.Errorf("writing layer %s into containerd: %w", b.desc.Digest, err)
			}
			close(b.ready)
			return nil
		})
	}
	return g.Wait()
}

// write streams the blob into the content store, which verifies its digest. An
// existing blob is only added to the lease.
func (b *blob) write(ctx context.Context, cs content.Store, id string, counted func(int64)) error {
	open := func() (io.ReadCloser, error) { return layers.OpenCompressed(ctx, b.layer) }
	src := &lazyReader{open: open, read: counted}
	defer func() { _ = src.Close() }()
	err := content.WriteBlob(ctx, cs, id+"-"+b.desc.Digest.Encoded(), src, b.desc)
	if err != nil {
		return err
	}
	counted(b.desc.Size - src.n) // the part that already existed
	return src.Close()
}

// A lazyReader opens its source at the first read: a blob that containerd has
// is never opened.
type lazyReader struct {
	open func() (io.ReadCloser, error)
	read func(int64)
	rc   io.ReadCloser
	n    int64
}

func (r *lazyReader) Read(p []byte) (int, error) {
	if r.rc == nil {
		rc, err := r.open()
		if err != nil {
			return 0, err
		}
		r.rc = rc
	}
	n, err := r.rc.Read(p)
	r.n += int64(n)
	r.read(int64(n))
	return n, err
}

// Close closes what was opened; again is harmless.
func (r *lazyReader) Close() error {
	if r.rc == nil {
		return nil
	}
	rc := r.rc
	r.rc = io.NopCloser(nil)
	return rc.Close()
}
