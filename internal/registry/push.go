package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/sync/errgroup"
)

// PushManifest makes sure that a repository has an image's layers and config,
// in this order, and puts its manifest by digest: no tag moves. Layers that
// [Client.PushLayer] has pushed cost nothing here. It fails where the registry
// answers with another digest than the manifest's.
func (c *Client) PushManifest(ctx context.Context, repo name.Repository, img v1.Image) (name.Digest, error) {
	m, err := manifestOf(img)
	if err != nil {
		return name.Digest{}, fmt.Errorf("pushing an image: %w", err)
	}
	op := fmt.Sprintf("pushing image %q", m.digest)
	if err := c.pushParts(ctx, repo, img); err != nil {
		return name.Digest{}, describe(op, repo, err)
	}
	if _, err := c.putManifest(ctx, repo, m.digest.String(), m, nil); err != nil {
		return name.Digest{}, describe(op, repo, err)
	}
	c.emit(Event{Kind: EventManifest, Digest: m.digest, Complete: int64(len(m.raw)), Total: int64(len(m.raw))})
	return repo.Digest(m.digest.String()), nil
}

// Pushed reports whether a repository has an image whole, by one question: for
// its manifest, by digest. A registry takes a manifest only when it has the
// blobs that it names, and keeps those as long as it has the manifest, so they
// need no questions of their own. A registry that has lost a blob all the same
// is not found out, as it isn't by other clients: the manifest must be deleted
// there first. What can't be told is no: pushing then tells what is wrong.
func (c *Client) Pushed(ctx context.Context, repo name.Repository, img v1.Image) (name.Digest, bool) {
	m, err := manifestOf(img)
	if err != nil {
		return name.Digest{}, false
	}
	d := repo.Digest(m.digest.String())
	s, err := c.session(ctx, repo, transport.PushScope)
	if err != nil {
		return d, false
	}
	got, err := s.headManifest(onlyOnce(ctx), d.DigestStr())
	if err != nil || got != "" && got != d.DigestStr() {
		return d, false
	}
	m.old = true
	c.mu.Lock()
	c.manifests[m.digest] = m
	c.mu.Unlock()
	return d, true
}

// Tag lets a tag stand for a manifest that is in the tag's repository by
// digest: it puts the same bytes under the tag. Of a manifest that [Client.Pushed]
// has found, the tag may be one already, and is looked at first: registries whose
// tags can't be moved refuse to have them set to what they are, too.
func (c *Client) Tag(ctx context.Context, d name.Digest, tag name.Tag) error {
	op := fmt.Sprintf("tagging %q", tag.TagStr())
	m, err := c.known(ctx, d)
	if err != nil {
		return describe(op, d.Context(), err)
	}
	if m.old && c.tagged(ctx, m, tag) {
		return nil
	}
	if _, err := c.putManifest(ctx, tag.Context(), tag.TagStr(), m, nil); err != nil {
		return describe(op, tag.Context(), err)
	}
	c.emit(Event{Kind: EventTag, Digest: m.digest, Note: tag.TagStr()})
	return nil
}

// tagged reports whether a tag is that of the manifest, as far as can be told.
func (c *Client) tagged(ctx context.Context, m manifest, tag name.Tag) bool {
	s, err := c.session(ctx, tag.Context(), transport.PushScope)
	if err != nil {
		return false
	}
	got, err := s.headManifest(onlyOnce(ctx), tag.TagStr())
	return err == nil && got == m.digest.String()
}

// known returns a manifest that this client has put, or reads it.
func (c *Client) known(ctx context.Context, d name.Digest) (manifest, error) {
	h, err := v1.NewHash(d.DigestStr())
	if err != nil {
		return manifest{}, err
	}
	c.mu.Lock()
	m, ok := c.manifests[h]
	c.mu.Unlock()
	if ok {
		return m, nil
	}
	m, _, err = c.getManifest(ctx, d.Context(), d.DigestStr())
	return m, err
}

// pushParts pushes the layers at the same time, and then the config.
func (c *Client) pushParts(ctx context.Context, repo name.Repository, img v1.Image) error {
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(c.opt.Jobs)
	for _, l := range layers {
		g.Go(func() error {
			_, err := c.PushLayer(gctx, repo, l)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	config, err := partial.ConfigLayer(img)
	if err != nil {
		return err
	}
	digest, err := config.Digest()
	if err != nil {
		return err
	}
	_, err = c.pushBlob(ctx, repo, config, digest)
	return describe(fmt.Sprintf("pushing config %q", digest), repo, err)
}

// manifestOf returns an image's manifest.
func manifestOf(t partial.WithRawManifest) (manifest, error) {
	raw, err := t.RawManifest()
	if err != nil {
		return manifest{}, err
	}
	mt, err := manifestType(raw, "")
	if err != nil {
		return manifest{}, err
	}
	return newManifest(raw, mt)
}
