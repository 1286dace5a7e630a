package layers

import (
	"archive/tar"
	"context"
	"errors"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/uncompress"
)

// A ContextLayer is a layer whose bytes come over a network, so that reading
// them takes a context. It belongs to the read and not to the layer, which may
// outlive the phase of the run that opened it.
type ContextLayer interface {
	v1.Layer
	// CompressedContext opens the blob as [v1.Layer].Compressed does. The
	// context bounds this one read.
	CompressedContext(ctx context.Context) (io.ReadCloser, error)
}

// OpenCompressed opens a layer's blob for reading under ctx: a [ContextLayer]
// itself or within wrappers that have an Unwrap method, and with its own
// Compressed method any other layer, which reads what lies on this machine.
func OpenCompressed(ctx context.Context, l v1.Layer) (io.ReadCloser, error) {
	if c, ok := contextLayer(l); ok {
		return c.CompressedContext(ctx)
	}
	return l.Compressed()
}

// OpenUncompressed opens a layer's tar as [OpenCompressed] does its blob.
func OpenUncompressed(ctx context.Context, l v1.Layer) (io.ReadCloser, error) {
	c, ok := contextLayer(l)
	if !ok {
		return l.Uncompressed()
	}
	return openTar(c, func() (io.ReadCloser, error) { return c.CompressedContext(ctx) })
}

// EachEntry hands the entries of a layer's tar to do, in order, with their content.
// It reads the layer to its end, where its digest is checked. The error is that
// of reading, or do's.
func EachEntry(ctx context.Context, l v1.Layer, do func(h *tar.Header, content io.Reader) error) (err error) {
	rc, err := OpenUncompressed(ctx, l)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rc.Close()) }()
	for tr := tar.NewReader(rc); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, rc)
			return err
		}
		if err == nil {
			err = do(h, tr)
		}
		if err != nil {
			return err
		}
	}
}

// An UnverifiedLayer is a layer whose blob can be had without being hashed.
type UnverifiedLayer interface {
	v1.Layer
	// Unverified opens the blob as [v1.Layer].Compressed does, but leaves the
	// check of the digest to whoever receives it.
	Unverified() (io.ReadCloser, error)
}

// OpenUnverified opens a layer's blob as [OpenCompressed] does, for somebody
// who refuses bytes that don't have the layer's digest, as a registry does:
// hashing them here as well would be in vain. Whoever is refused reads again
// with OpenCompressed, which tells what is wrong.
func OpenUnverified(ctx context.Context, l v1.Layer) (io.ReadCloser, error) {
	if u, ok := as[UnverifiedLayer](l); ok {
		return u.Unverified()
	}
	return OpenCompressed(ctx, l)
}

func contextLayer(l v1.Layer) (ContextLayer, bool) { return as[ContextLayer](l) }

// as returns the layer, or the first within its wrappers, that is a T.
func as[T v1.Layer](l v1.Layer) (T, bool) {
	for {
		if t, ok := l.(T); ok {
			return t, true
		}
		wrapper, ok := l.(interface{ Unwrap() v1.Layer })
		if !ok {
			var none T
			return none, false
		}
		l = wrapper.Unwrap()
	}
}

// openTar opens the tar of a layer whose blob open opens.
func openTar(l v1.Layer, open func() (io.ReadCloser, error)) (io.ReadCloser, error) {
	mediaType, err := l.MediaType()
	if err != nil {
		return nil, err
	}
	blob, err := open()
	if err != nil {
		return nil, err
	}
	tar, err := uncompress.Layer(blob, mediaType)
	if err != nil {
		return nil, errors.Join(err, blob.Close())
	}
	return tar, nil
}
