package manifest

import (
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/uncompress"
	"github.com/assemble-image/assemble/layers"
)

// storedLayer is a layer whose blob lies on disk.
type storedLayer struct {
	open   blobOpener
	desc   v1.Descriptor
	diffID v1.Hash
}

var _ layers.UnverifiedLayer = (*storedLayer)(nil)

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

// Unverified returns the blob as stored, for somebody who checks its digest
// ([layers.OpenUnverified]).
func (l *storedLayer) Unverified() (io.ReadCloser, error) { return l.open(l.desc.Digest) }

// Uncompressed returns the layer's tar, verified as Compressed is.
func (l *storedLayer) Uncompressed() (io.ReadCloser, error) {
	rc, err := l.Compressed()
	if err != nil {
		return nil, err
	}
	r, err := uncompress.Layer(rc, l.desc.MediaType)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening layer %s: %w", l.desc.Digest, err), rc.Close())
	}
	return r, nil
}
