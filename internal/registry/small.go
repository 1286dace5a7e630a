package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// ArtifactManifest reads the manifest of an artifact and none of its blobs, for
// those of which only some are wanted; see [Client.SmallBlob].
func (c *Client) ArtifactManifest(ctx context.Context, d name.Digest) (*v1.Manifest, error) {
	doc, err := c.artifactManifest(ctx, d.Context(), d.DigestStr())
	return doc, describe(fmt.Sprintf("reading artifact %q", d.DigestStr()), d.Context(), err)
}

func (c *Client) artifactManifest(ctx context.Context, repo name.Repository, ref string) (*v1.Manifest, error) {
	m, _, err := c.getManifest(ctx, repo, ref)
	if err != nil {
		return nil, err
	}
	var doc v1.Manifest
	if err := json.Unmarshal(m.raw, &doc); err != nil || !m.mediaType.IsImage() {
		return nil, contentError("the artifact %s is not an image manifest", m.digest)
	}
	if len(doc.Layers) > maxBlobs {
		return nil, contentError("the artifact %s has more than %d blobs", m.digest, maxBlobs)
	}
	return &doc, nil
}

// SmallBlob reads a blob of at most limit bytes. It has the descriptor's size and
// digest.
func (c *Client) SmallBlob(ctx context.Context, repo name.Repository, d v1.Descriptor, limit int64) ([]byte, error) {
	b, err := c.readBlob(ctx, repo, d, limit)
	return b, describe(fmt.Sprintf("reading blob %q", d.Digest), repo, err)
}

// LayerAt is the layer that is said to be in a repository. Nothing is asked;
// [Client.PushLayer] finds out, and refuses a blob of another size.
func (c *Client) LayerAt(repo name.Repository, d v1.Descriptor, diffID v1.Hash) *Layer {
	return newLayer(c, repo, d, diffID)
}

// Parse reads a reference as the client does.
func (c *Client) Parse(ref string) (name.Reference, error) {
	return ParseReference(ref, c.opt.Insecure)
}
