package registry

import (
	"bytes"
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Store keeps small records between runs: here the manifests and configs of
// images that were read, by digest, and which digest a reference had. It is
// never trusted, and one that fails costs a request.
type Store interface {
	Get(kind, key string) ([]byte, bool)
	Put(kind, key string, data []byte) error
}

// Kinds of records in a [Store].
const (
	kindManifest  = "registry-manifest"  // by digest: the media type, a line feed, the manifest
	kindConfig    = "registry-config"    // by digest
	kindReference = "registry-reference" // by name: the digest that it had last
)

// namedManifest reads the manifest that a reference leads to. The registry is
// always asked, but where nothing has changed by a HEAD alone, which registries
// that count pulls don't count.
func (c *Client) namedManifest(ctx context.Context, r name.Reference) (manifest, error) {
	if known, ok := c.kept(kindReference, r.Name()); ok {
		if m, ok := c.keptManifest(string(known)); ok && c.isStill(ctx, r, m.digest) {
			return m, nil
		}
	}
	m, _, err := c.getManifest(ctx, r.Context(), r.Identifier())
	if err == nil {
		c.keepManifest(m)
		c.keep(kindReference, r.Name(), []byte(m.digest.String()))
	}
	return m, err
}

// isStill reports whether a registry says that a reference has a digest. It
// asks once: whatever else is the answer, asking for the manifest tells.
func (c *Client) isStill(ctx context.Context, r name.Reference, digest v1.Hash) bool {
	s, err := c.session(ctx, r.Context(), transport.PullScope)
	if err != nil {
		return false
	}
	got, err := s.headManifest(onlyOnce(ctx), r.Identifier())
	return err == nil && got == digest.String()
}

// childManifest reads a manifest by the digest that an index names.
func (c *Client) childManifest(ctx context.Context, repo name.Repository, digest v1.Hash) (manifest, error) {
	if m, ok := c.keptManifest(digest.String()); ok {
		return m, nil
	}
	m, _, err := c.getManifest(ctx, repo, digest.String())
	if err == nil {
		c.keepManifest(m)
	}
	return m, err
}

// readConfig reads an image's config.
func (c *Client) readConfig(ctx context.Context, repo name.Repository, d v1.Descriptor) ([]byte, error) {
	if b, ok := c.kept(kindConfig, d.Digest.String()); ok && hasDigest(b, d.Digest) && int64(len(b)) == d.Size {
		return b, nil
	}
	b, err := c.readBlob(ctx, repo, d, maxConfig)
	if err == nil {
		c.keep(kindConfig, d.Digest.String(), b)
	}
	return b, err
}

func (c *Client) keptManifest(digest string) (manifest, bool) {
	b, _ := c.kept(kindManifest, digest)
	contentType, raw, ok := bytes.Cut(b, []byte("\n"))
	if !ok {
		return manifest{}, false
	}
	mediaType, err := manifestType(raw, string(contentType))
	if err != nil {
		return manifest{}, false
	}
	m, err := newManifest(raw, mediaType)
	return m, err == nil && m.digest.String() == digest
}

func (c *Client) keepManifest(m manifest) {
	c.keep(kindManifest, m.digest.String(), append([]byte(m.mediaType+"\n"), m.raw...))
}

func (c *Client) kept(kind, key string) ([]byte, bool) {
	if c.opt.Store == nil {
		return nil, false
	}
	return c.opt.Store.Get(kind, key)
}

func (c *Client) keep(kind, key string, data []byte) {
	if c.opt.Store != nil {
		_ = c.opt.Store.Put(kind, key, data) // it says itself that it can't be written, once
	}
}

func hasDigest(b []byte, want v1.Hash) bool {
	m, err := newManifest(b, types.MediaType(""))
	return err == nil && m.digest == want
}
