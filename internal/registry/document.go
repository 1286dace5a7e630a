package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	image "github.com/assemble-image/assemble/manifest"
)

// Document is a manifest or an index as it lies in a registry: its bytes, whose
// digest was checked, and what they are.
type Document struct {
	Raw       []byte
	MediaType types.MediaType
	Digest    v1.Hash
}

// Descriptor names the document.
func (d Document) Descriptor() v1.Descriptor {
	return v1.Descriptor{MediaType: d.MediaType, Size: int64(len(d.Raw)), Digest: d.Digest}
}

// Document reads the manifest or index that a reference stands for, an
// artifact's too. The error wraps [ErrNotFound] where there is none.
func (c *Client) Document(ctx context.Context, r name.Reference) (Document, error) {
	m, _, err := c.getManifest(ctx, r.Context(), r.Identifier())
	if err != nil {
		return Document{}, describe(fmt.Sprintf("reading %q", r.Identifier()), r.Context(), err)
	}
	return Document{Raw: m.raw, MediaType: m.mediaType, Digest: m.digest}, nil
}

// Stands asks which digest a reference has, by HEAD where the registry tells
// it; ok is false where there is no such manifest.
func (c *Client) Stands(ctx context.Context, r name.Reference) (h v1.Hash, ok bool, err error) {
	h, err = c.digest(ctx, r)
	if errors.Is(err, ErrNotFound) {
		return v1.Hash{}, false, nil
	}
	if err != nil {
		return v1.Hash{}, false, describe(fmt.Sprintf("resolving %q", r.Identifier()), r.Context(), err)
	}
	return h, true, nil
}

// Blob returns a blob of a repository as a layer, which its registry can mount
// elsewhere ([Client.PushLayer]), be it a layer's, a config's or an artifact's.
func (c *Client) Blob(repo name.Repository, d v1.Descriptor) *Layer {
	return newLayer(c, repo, d, v1.Hash{})
}

// OpenBlob reads a blob; what comes out is checked against the descriptor at
// its end.
func (c *Client) OpenBlob(ctx context.Context, repo name.Repository, d v1.Descriptor) (io.ReadCloser, error) {
	rc, err := c.openBlob(ctx, repo, d)
	return rc, describe(fmt.Sprintf("reading blob %q", d.Digest), repo, err)
}

// PutDocument puts a manifest or index by its digest. The repository must have
// what it names. One with a subject is listed among the subject's referrers
// afterwards, at the fallback tag where the registry has no referrers API; with
// existing, it is there already and only its listing is seen to.
func (c *Client) PutDocument(ctx context.Context, repo name.Repository, d Document, existing bool) error {
	op := fmt.Sprintf("pushing %q", d.Digest)
	m := manifest{raw: d.Raw, mediaType: d.MediaType, digest: d.Digest}
	var header http.Header
	if existing {
		c.mu.Lock()
		c.manifests[m.digest] = m
		c.mu.Unlock()
	} else {
		var err error
		if header, err = c.putManifest(ctx, repo, d.Digest.String(), m, nil); err != nil {
			return describe(op, repo, err)
		}
		c.emit(Event{Kind: EventManifest, Digest: d.Digest, Complete: int64(len(d.Raw)), Total: int64(len(d.Raw))})
	}
	entry, subject, err := image.ReferrerEntry(d.Raw, d.MediaType)
	if err != nil {
		return describe(op, repo, contentError("the manifest %s is not valid: %v", d.Digest, err))
	}
	if subject == nil {
		return nil
	}
	if header.Get("OCI-Subject") == subject.String() {
		return nil
	}
	return describe(op, repo, c.ensureListed(ctx, repo.Digest(subject.String()), []v1.Descriptor{entry}))
}

// Delete deletes a manifest by its digest, with the tags that name it, or a
// tag alone (distribution-spec, "Deleting tags"). Not all registries let tags
// or manifests be deleted; the error is [ErrUnsupported] then.
func (c *Client) Delete(ctx context.Context, r name.Reference) error {
	op := fmt.Sprintf("deleting %q", r.Identifier())
	s, err := c.session(ctx, r.Context(), deleteScope)
	if err != nil {
		return describe(op, r.Context(), err)
	}
	resp, err := s.do(ctx, request{
		method: http.MethodDelete, url: s.url("manifests", r.Identifier()),
		want: []int{http.StatusAccepted, http.StatusOK, http.StatusNoContent},
	})
	if err != nil {
		var e *Error
		if errors.As(err, &e) && (e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusBadRequest || e.Status == http.StatusNotImplemented) {
			e.Kind = ErrUnsupported
		}
		return describe(op, r.Context(), err)
	}
	resp.Body.Close()
	return nil
}

// ErrUnsupported: the registry doesn't do that.
var ErrUnsupported = errors.New("not supported by this registry")

// deleteScope asks a token server for all that deleting may take: which of the
// names it goes by differs.
const deleteScope = transport.PullScope + ",push,delete"
