package manifest

import (
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow bounds the memory that a layer's zstd frame may ask for; it is
// what the zstd program itself accepts without being told otherwise.
const maxZstdWindow = 128 << 20

// storedLayer is a layer whose blob lies on disk.
type storedLayer struct {
	open   blobOpener
	desc   v1.Descriptor
	diffID v1.Hash
}

var _ v1.Layer = (*storedLayer)(nil)

func (l *storedLayer) Digest() (v1.Hash, error)            { return l.desc.Digest, nil }
func (l *storedLayer) DiffID() (v1.Hash, error)            { return l.diffID, nil }
func (l *storedLayer) Size() (int64, error)                { return l.desc.Size, nil }
func (l *storedLayer) MediaType() (types.MediaType, error) { return l.desc.MediaType, nil }
func (l *storedLayer) Descriptor() (*v1.Descriptor, error) { return l.desc.DeepCopy(), nil }

// Compressed returns the blob as stored. Its last read fails with
// [ErrCorrupt] where the bytes don't match the digest.
func (l *storedLayer) Compressed() (io.ReadCloser, error) {
	rc, err := l.open(l.desc.Digest)
	if err != nil {
		return nil, err
	}
	return newVerified(rc, l.desc)
}

// Uncompressed returns the layer's tar, verified as Compressed is.
func (l *storedLayer) Uncompressed() (io.ReadCloser, error) {
	rc, err := l.Compressed()
	if err != nil {
		return nil, err
	}
	r, err := decompress(rc, l.desc.MediaType)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening layer %s: %w", l.desc.Digest, err), rc.Close())
	}
	return r, nil
}

// decompress undoes the compression that the media type names.
func decompress(rc io.ReadCloser, mt types.MediaType) (io.ReadCloser, error) {
	switch mt {
	case types.OCIUncompressedLayer, types.OCIUncompressedRestrictedLayer, types.DockerUncompressedLayer:
		return rc, nil
	case types.OCILayer, types.OCIRestrictedLayer, types.DockerLayer, types.DockerForeignLayer:
		zr, err := gzip.NewReader(rc)
		if err != nil {
			return nil, err
		}
		return &unpacker{Reader: zr, packed: rc, free: zr.Close}, nil
	case types.OCILayerZStd, dockerLayerZstd:
		zr, err := zstd.NewReader(rc, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, err
		}
		return &unpacker{Reader: zr, packed: rc, free: func() error { zr.Close(); return nil }}, nil
	default:
		return nil, fmt.Errorf("media type %q is not that of a layer", mt)
	}
}

// unpacker reads from a decompressor and ends only with what it reads from,
// so that a wrong digest is told as such, whatever the decompressor makes of
// the wrong bytes.
type unpacker struct {
	io.Reader
	packed io.ReadCloser
	free   func() error
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err == nil {
		return n, nil
	}
	if _, perr := io.Copy(io.Discard, u.packed); perr != nil {
		return n, perr
	}
	return n, err
}

func (u *unpacker) Close() error { return errors.Join(u.free(), u.packed.Close()) }
