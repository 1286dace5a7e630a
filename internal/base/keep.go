package base

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/layers"
)

// maxKeptBlobs bounds what [Keep] writes, in bytes: a temporary directory may
// lie in memory. What is beyond is read from where it is each time.
const maxKeptBlobs = 1 << 30

// Keep returns the image with layers that are downloaded once: when one is read
// to its end, its blob stays in dir, and later reads take it from there. It is
// for a base that is read for its facts and then pushed to another registry.
// What is kept was verified while it was downloaded, and isn't again; it is for
// receivers that check digests, as registries and containerd do. The caller
// removes dir when the image is not needed any more. Layers that are on this
// machine are left as they are.
func Keep(img v1.Image, dir string) v1.Image {
	k := &keptImage{Image: img, dir: dir}
	k.room.Store(maxKeptBlobs)
	return k
}

type keptImage struct {
	v1.Image
	dir  string
	room atomic.Int64 // bytes that may still be written
}

func (k *keptImage) Layers() ([]v1.Layer, error) {
	list, err := k.Image.Layers()
	if err != nil {
		return nil, err
	}
	kept := make([]v1.Layer, len(list))
	for i, l := range list {
		kept[i] = k.kept(l)
	}
	return kept, nil
}

func (k *keptImage) LayerByDigest(h v1.Hash) (v1.Layer, error) {
	l, err := k.Image.LayerByDigest(h)
	if err != nil {
		return nil, err
	}
	return k.kept(l), nil
}

func (k *keptImage) LayerByDiffID(h v1.Hash) (v1.Layer, error) {
	l, err := k.Image.LayerByDiffID(h)
	if err != nil {
		return nil, err
	}
	return k.kept(l), nil
}

func (k *keptImage) kept(l v1.Layer) v1.Layer {
	elsewhere, ok := l.(layers.ContextLayer)
	if !ok {
		return l
	}
	return &keptLayer{ContextLayer: elsewhere, image: k}
}

// keptLayer is a layer whose blob is kept once it was read.
type keptLayer struct {
	layers.ContextLayer
	image *keptImage
}

var _ layers.ContextLayer = (*keptLayer)(nil)

// Unwrap returns the layer as its image has it.
func (l *keptLayer) Unwrap() v1.Layer { return l.ContextLayer }

func (l *keptLayer) Compressed() (io.ReadCloser, error) {
	return l.CompressedContext(context.Background())
}

func (l *keptLayer) Uncompressed() (io.ReadCloser, error) {
	return layers.OpenUncompressed(context.Background(), l)
}

// CompressedContext opens what was kept, or else the blob, to keep it.
func (l *keptLayer) CompressedContext(ctx context.Context) (io.ReadCloser, error) {
	digest, err := l.Digest()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(l.image.dir, "base-"+digest.Hex)
	if f, err := os.Open(path); err == nil {
		return f, nil
	}
	rc, err := l.ContextLayer.CompressedContext(ctx)
	if err != nil {
		return nil, err
	}
	size, err := l.Size()
	if err != nil || l.image.room.Add(-size) < 0 {
		return rc, nil //nolint:nilerr // it is only not kept
	}
	f, err := os.CreateTemp(l.image.dir, "base-*.part")
	if err != nil {
		return rc, nil //nolint:nilerr // as above
	}
	return &keepingReader{ReadCloser: rc, file: f, path: path}, nil
}

// keepingReader writes what is read to a file. Nothing that fails there fails
// the reading.
type keepingReader struct {
	io.ReadCloser
	file *os.File // nil when it is complete, or given up
	path string   // of the complete file
}

func (r *keepingReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if r.file == nil {
		return n, err
	}
	if _, werr := r.file.Write(p[:n]); werr != nil {
		r.giveUp()
		return n, err
	}
	if errors.Is(err, io.EOF) {
		r.complete()
	}
	return n, err
}

// complete lets the file be found. It lasts only as long as the run, so it
// need not be on the disk before.
func (r *keepingReader) complete() {
	name := r.file.Name()
	if err := r.file.Close(); err != nil || os.Rename(name, r.path) != nil {
		_ = os.Remove(name)
	}
	r.file = nil
}

func (r *keepingReader) giveUp() {
	if r.file != nil {
		_ = r.file.Close()
		_ = os.Remove(r.file.Name())
		r.file = nil
	}
}

func (r *keepingReader) Close() error {
	r.giveUp()
	return r.ReadCloser.Close()
}
