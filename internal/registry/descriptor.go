package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Descriptor returns the descriptor of the manifest or index that a reference
// stands for at the moment, and where it lies by digest.
func (c *Client) Descriptor(ctx context.Context, ref string) (v1.Descriptor, name.Digest, error) {
	r, err := ParseReference(ref, c.opt.Insecure)
	if err != nil {
		return v1.Descriptor{}, name.Digest{}, err
	}
	m, _, err := c.getManifest(ctx, r.Context(), r.Identifier())
	if err != nil {
		return v1.Descriptor{}, name.Digest{}, describe(fmt.Sprintf("resolving %q", ref), r.Context(), err)
	}
	desc := v1.Descriptor{MediaType: m.mediaType, Size: int64(len(m.raw)), Digest: m.digest}
	return desc, r.Context().Digest(m.digest.String()), nil
}
