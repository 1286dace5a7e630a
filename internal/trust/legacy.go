package trust

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/sign"
)

// attachLegacy adds a signature to those at the ".sig" tag.
func (a Attacher) attachLegacy(ctx context.Context, signer *sign.Signer, at name.Digest, subject v1.Descriptor, what sign.Attachment) (string, error) {
	previous, err := a.previousLegacy(ctx, at)
	if err != nil {
		return "", err
	}
	opt := sign.Options{Annotations: what.Annotations, Created: what.Created}
	img, err := sign.SignLegacy(signer, subject.Digest, at.Context().Name(), previous, opt)
	if err != nil {
		return "", err
	}
	digest, err := img.Digest()
	if err != nil {
		return "", fmt.Errorf("reading the signature's digest: %w", err)
	}
	return digest.String(), a.Registry.PushLegacy(ctx, at, img)
}

// previousLegacy returns the image at the ".sig" tag, or nil. Signatures whose
// payload the registry has lost say nothing and can't be pushed again: they
// are left out.
func (a Attacher) previousLegacy(ctx context.Context, at name.Digest) (v1.Image, error) {
	previous, err := a.Registry.LegacyImage(ctx, at)
	if previous == nil || err != nil {
		return nil, err
	}
	blobs, err := a.Registry.LegacySignatures(ctx, at, sign.MaxLegacy)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(blobs, func(b registry.Blob) bool { return b.Err != nil }) {
		return previous, nil
	}
	kept := sign.EmptyLegacy()
	for _, b := range blobs {
		if b.Err != nil {
			continue
		}
		add := mutate.Addendum{Layer: static.NewLayer(b.Data, b.Descriptor.MediaType), Annotations: b.Descriptor.Annotations}
		if kept, err = mutate.Append(kept, add); err != nil {
			return nil, fmt.Errorf("keeping the signatures of %q: %w", at.Name(), err)
		}
	}
	return kept, nil
}
