package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Blob is a small blob with what its manifest says of it.
type Blob struct {
	Descriptor v1.Descriptor
	Data       []byte
	// Err says why the blob could not be read; Data is nil then.
	Err error
}

// maxBlobs bounds the blobs of an artifact: a ".sig" tag holds one for each
// signature, and cosign reads as many.
const maxBlobs = 1000

// Artifact reads the blobs of an artifact, such as one that
// [Client.Referrers] lists, of at most limit bytes in all. A blob that can't be
// read carries its error, and those beside it are read nevertheless: whoever
// may push to a repository could otherwise hide the good ones behind a bad one.
func (c *Client) Artifact(ctx context.Context, d name.Digest, limit int64) ([]Blob, error) {
	blobs, err := c.artifact(ctx, d.Context(), d.DigestStr(), limit, limit)
	if err != nil {
		return nil, describe(fmt.Sprintf("reading artifact %q", d.DigestStr()), d.Context(), err)
	}
	return blobs, nil
}

// artifact reads an artifact by tag or digest: of each blob so many bytes at
// most, and so many of all.
func (c *Client) artifact(ctx context.Context, repo name.Repository, ref string, each, all int64) ([]Blob, error) {
	doc, err := c.artifactManifest(ctx, repo, ref)
	if err != nil {
		return nil, err
	}
	blobs := make([]Blob, 0, len(doc.Layers))
	for _, l := range doc.Layers {
		b := Blob{Descriptor: l}
		if b.Data, b.Err = c.readBlob(ctx, repo, l, min(each, all)); b.Err != nil {
			b.Err = describe(fmt.Sprintf("reading blob %q", l.Digest), repo, b.Err)
		}
		all -= int64(len(b.Data))
		blobs = append(blobs, b)
	}
	return blobs, nil
}
