package images

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/registry"
)

// Deletion is what is deleted with a tag or a digest.
type Deletion struct {
	Reference string `json:"reference"`
	Digest    string `json:"digest"`
	// Tags go: the one that was named, or those that are left of a digest.
	Tags []string `json:"tags,omitempty"`
	// Manifests go: the one that was named, and what is attached to it. They are
	// empty where a tag goes alone.
	Manifests []string `json:"manifests,omitempty"`
	// Named are tags that stand for the digest, and keep it from being deleted
	// unless that is forced.
	Named []string `json:"named,omitempty"`
}

// PlanDeletion says what deleting a place in a registry would delete. A tag goes
// alone: what it stands for stays until garbage is collected. A digest goes with
// what is attached to it, and with the tags that stand for it.
func (o Opener) PlanDeletion(ctx context.Context, p Place) (*Deletion, error) {
	src, err := o.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	d, err := src.Find(ctx, p.Ref)
	if err != nil {
		return nil, fmt.Errorf("deleting %s: %w", p, err)
	}
	out := &Deletion{Reference: p.String(), Digest: d.Digest.String()}
	if !p.IsDigest() {
		out.Tags = []string{p.Ref}
		return out, nil
	}
	out.Manifests = []string{out.Digest}
	list, err := src.Referrers(ctx, d.Digest)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		out.Manifests = append(out.Manifests, r.Digest.String())
	}
	tags, err := src.Tags(ctx)
	if err != nil {
		return nil, err
	}
	prefix := d.Digest.Algorithm + "-" + d.Digest.Hex
	for _, t := range tags {
		if t == prefix || strings.HasPrefix(t, prefix+".") {
			out.Tags = append(out.Tags, t)
		}
	}
	out.Named, err = o.namedBy(ctx, p, tags, d.Digest)
	out.Tags = append(out.Tags, out.Named...)
	return out, err
}

// namedBy lists the tags that stand for a digest.
func (o Opener) namedBy(ctx context.Context, p Place, tags []string, want v1.Hash) ([]string, error) {
	found := make([]bool, len(tags))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, t := range tags {
		g.Go(func() error {
			h, ok, err := o.Registry.Stands(gctx, p.Repository.Tag(t))
			found[i] = ok && h == want
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var named []string
	for i, t := range tags {
		if found[i] {
			named = append(named, t)
		}
	}
	return named, nil
}

// Delete deletes what was planned: tags first, so that none leads nowhere.
func (o Opener) Delete(ctx context.Context, p Place, d *Deletion) error {
	for _, t := range d.Tags {
		err := o.Registry.Delete(ctx, p.Repository.Tag(t))
		// Registries that don't delete tags delete those of a manifest with it.
		if err != nil && !errors.Is(err, registry.ErrNotFound) && (len(d.Manifests) == 0 || !errors.Is(err, registry.ErrUnsupported)) {
			return err
		}
	}
	for _, m := range slices.Backward(d.Manifests) { // what is attached first
		if err := o.Registry.Delete(ctx, p.Repository.Digest(m)); err != nil && !errors.Is(err, registry.ErrNotFound) {
			return err
		}
	}
	return nil
}
