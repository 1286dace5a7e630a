// Package uncompress undoes the compression of layers, wherever they come
// from. Start with [Layer].
package uncompress

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"

	"github.com/assemble-image/assemble/internal/inflate"
)

// DockerLayerZstd is a media type that ggcr has no name for.
const DockerLayerZstd types.MediaType = "application/vnd.docker.image.rootfs.diff.tar.zstd"

// maxZstdWindow bounds the memory that a layer's zstd frame may ask for; it is
// what the zstd program itself accepts without being told otherwise.
const maxZstdWindow = 128 << 20

// Layer returns the tar in a layer's blob. The media type must be that of a
// layer; how it is compressed its first bytes tell, as they do to runtimes:
// there are images whose media types are wrong about that. Closing the tar
// closes the blob. The end of the tar is reported when the blob has ended,
// too; so where the blob verifies its digest, a wrong one is told as such,
// whatever the wrong bytes look like. On an error the blob stays open.
func Layer(blob io.ReadCloser, mt types.MediaType) (io.ReadCloser, error) {
	switch mt {
	case types.OCIUncompressedLayer, types.OCIUncompressedRestrictedLayer, types.DockerUncompressedLayer,
		types.OCILayer, types.OCIRestrictedLayer, types.DockerLayer, types.DockerForeignLayer,
		types.OCILayerZStd, DockerLayerZstd:
	default:
		return nil, fmt.Errorf("media type %q is not that of a layer", mt)
	}
	var magic [4]byte
	n, err := io.ReadFull(blob, magic[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	whole := io.MultiReader(bytes.NewReader(magic[:n]), blob)
	switch {
	case bytes.HasPrefix(magic[:n], gzipMagic):
		z, err := inflate.NewGzipReader(whole)
		if err != nil {
			return nil, instead(blob, err)
		}
		return &reader{Reader: z, blob: blob, free: z.Close}, nil
	case bytes.HasPrefix(magic[:n], zstdMagic):
		z, err := zstd.NewReader(whole, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, err
		}
		return &reader{Reader: z, blob: blob, free: func() error { z.Close(); return nil }}, nil
	}
	return &reader{Reader: whole, blob: blob, free: func() error { return nil }}, nil
}

var (
	gzipMagic = []byte{0x1f, 0x8b}             // RFC 1952, 2.3.1
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd} // RFC 8878, 3.1.1
)

// reader reads from a decompressor and ends only with what that reads from.
type reader struct {
	io.Reader
	blob io.ReadCloser
	free func() error
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == nil {
		return n, nil
	}
	return n, instead(r.blob, err)
}

// instead reads the blob to its end, and returns the error that this gives, or
// err where it gives none.
func instead(blob io.Reader, err error) error {
	if _, berr := io.Copy(io.Discard, blob); berr != nil {
		return berr
	}
	return err
}

func (r *reader) Close() error { return errors.Join(r.free(), r.blob.Close()) }
