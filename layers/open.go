package layers

import (
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

func contextLayer(l v1.Layer) (ContextLayer, bool) {
	for {
		if c, ok := l.(ContextLayer); ok {
			return c, true
		}
		wrapper, ok := l.(interface{ Unwrap() v1.Layer })
		if !ok {
			return nil, false
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
