package layers

import (
	"context"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// ErrElsewhere says that a layer is known by its descriptor alone: it can be
// named in a manifest, but there is nothing here to read its bytes from.
var ErrElsewhere = errors.New("the layer's bytes are not here")

// Described is a layer that is known by its descriptor and diffID, whose blob
// is somewhere else: in a registry as a rule.
type Described struct {
	desc   v1.Descriptor
	diffID v1.Hash
	open   func(context.Context) (io.ReadCloser, error)
}

var _ ContextLayer = (*Described)(nil)

// NewDescribed returns the layer that desc and diffID name. open opens its blob,
// under the context of each read; without it, reading is [ErrElsewhere]. It
// must check what it returns against the descriptor.
func NewDescribed(desc v1.Descriptor, diffID v1.Hash, open func(context.Context) (io.ReadCloser, error)) *Described {
	return &Described{desc: *desc.DeepCopy(), diffID: diffID, open: open}
}

// Digest returns the SHA-256 of the blob.
func (l *Described) Digest() (v1.Hash, error) { return l.desc.Digest, nil }

// DiffID returns the SHA-256 of the tar.
func (l *Described) DiffID() (v1.Hash, error) { return l.diffID, nil }

// Size returns the number of the blob's bytes.
func (l *Described) Size() (int64, error) { return l.desc.Size, nil }

// MediaType returns the descriptor's.
func (l *Described) MediaType() (types.MediaType, error) { return l.desc.MediaType, nil }

// Descriptor returns a copy of the descriptor.
func (l *Described) Descriptor() (*v1.Descriptor, error) { return l.desc.DeepCopy(), nil }

// CompressedContext implements [ContextLayer].
func (l *Described) CompressedContext(ctx context.Context) (io.ReadCloser, error) {
	if l.open == nil {
		return nil, fmt.Errorf("reading layer %q: %w", l.desc.Digest, ErrElsewhere)
	}
	return l.open(ctx)
}

// Compressed opens the blob for a reader that has no context, as libraries'
// have none. Nothing ends that read but its own deadlines and its Close;
// [OpenCompressed] is the better way.
func (l *Described) Compressed() (io.ReadCloser, error) {
	return l.CompressedContext(context.Background())
}

// Uncompressed opens the tar as Compressed opens the blob.
func (l *Described) Uncompressed() (io.ReadCloser, error) { return openTar(l, l.Compressed) }
