package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// legacyTag is where cosign 1 and 2 keep an image's signatures.
func legacyTag(d name.Digest) string {
	return strings.Replace(d.DigestStr(), ":", "-", 1) + ".sig"
}

// LegacySignatures reads the signatures of cosign 1 and 2: each blob is a
// payload of at most limit bytes, and its descriptor's annotations hold the
// signature. A blob that can't be read carries its error. None is no error.
func (c *Client) LegacySignatures(ctx context.Context, d name.Digest, limit int64) ([]Blob, error) {
	blobs, err := c.artifact(ctx, d.Context(), legacyTag(d), limit, limit*maxBlobs)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, describe(fmt.Sprintf("reading signatures of %q", d.DigestStr()), d.Context(), err)
	}
	return blobs, nil
}

// LegacyImage returns the image that holds the signatures of cosign 1 and 2,
// for adding one to them, and nil when there is none.
func (c *Client) LegacyImage(ctx context.Context, d name.Digest) (v1.Image, error) {
	op := fmt.Sprintf("reading signatures of %q", d.DigestStr())
	m, _, err := c.getManifest(ctx, d.Context(), legacyTag(d))
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // documented above
	}
	if err != nil {
		return nil, describe(op, d.Context(), err)
	}
	if !m.mediaType.IsImage() {
		return nil, describe(op, d.Context(), contentError("the tag %s is not an image", legacyTag(d)))
	}
	img, err := c.pulled(ctx, d.Context(), m)
	return img, describe(op, d.Context(), err)
}

// PushLegacy pushes such an image to its tag.
func (c *Client) PushLegacy(ctx context.Context, d name.Digest, img v1.Image) error {
	pushed, err := c.PushManifest(ctx, d.Context(), img)
	if err != nil {
		return err
	}
	return c.Tag(ctx, pushed, d.Context().Tag(legacyTag(d)))
}
