package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
)

// repository is a registry's repository.
type repository struct {
	client *registry.Client
	repo   name.Repository
}

func (r *repository) at(ref string) name.Reference {
	if strings.HasPrefix(ref, "sha256:") {
		return r.repo.Digest(ref)
	}
	if ref == "" {
		ref = name.DefaultTag
	}
	return r.repo.Tag(ref)
}

func (r *repository) Find(ctx context.Context, ref string) (v1.Descriptor, error) {
	d, err := r.client.Document(ctx, r.at(ref))
	if errors.Is(err, registry.ErrNotFound) {
		return v1.Descriptor{}, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return d.Descriptor(), err
}

func (r *repository) Document(ctx context.Context, d v1.Descriptor) ([]byte, error) {
	doc, err := r.client.Document(ctx, r.at(d.Digest.String()))
	return doc.Raw, err
}

func (r *repository) Image(ctx context.Context, d v1.Descriptor) (v1.Image, error) {
	img, _, err := r.client.Image(ctx, r.at(d.Digest.String()).Name(), v1.Platform{})
	return img, err
}

func (r *repository) Blob(d v1.Descriptor) v1.Layer { return r.client.Blob(r.repo, d) }

func (r *repository) Tags(ctx context.Context) ([]string, error) { return r.client.Tags(ctx, r.repo) }

// Referrers are those of the API and those at the fallback tag: a registry that
// has the one now may have had the other before, and there are clients that
// know only the tag.
func (r *repository) Referrers(ctx context.Context, subject v1.Hash) ([]v1.Descriptor, error) {
	list, err := r.client.AllReferrers(ctx, r.repo.Digest(subject.String()))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b v1.Descriptor) int { return strings.Compare(a.Digest.String(), b.Digest.String()) })
	return slices.CompactFunc(list, func(a, b v1.Descriptor) bool { return a.Digest == b.Digest }), nil
}

// stored is a layout or an archive of one.
type stored struct{ *manifest.Store }

func (s *stored) Find(_ context.Context, ref string) (v1.Descriptor, error) {
	d, err := s.Store.Find(ref)
	if err != nil {
		return d, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return d, nil
}

func (s *stored) Document(_ context.Context, d v1.Descriptor) ([]byte, error) {
	return s.Store.Document(d)
}

func (s *stored) Image(_ context.Context, d v1.Descriptor) (v1.Image, error) { return s.Store.Image(d) }

func (s *stored) Blob(d v1.Descriptor) v1.Layer {
	return layers.NewDescribed(d, v1.Hash{}, func(context.Context) (io.ReadCloser, error) { return s.Open(d) })
}

func (s *stored) Tags(context.Context) ([]string, error) { return s.Store.Tags(), nil }

func (s *stored) Referrers(_ context.Context, subject v1.Hash) ([]v1.Descriptor, error) {
	return s.Store.Referrers(subject)
}

// single is an image whose manifest was made for it: that of a Docker archive.
type single struct{ image v1.Image }

func (s *single) Find(context.Context, string) (v1.Descriptor, error) {
	d, err := partial.Descriptor(s.image)
	if err != nil {
		return v1.Descriptor{}, err
	}
	return v1.Descriptor{MediaType: d.MediaType, Size: d.Size, Digest: d.Digest}, nil
}

func (s *single) Document(context.Context, v1.Descriptor) ([]byte, error) {
	return s.image.RawManifest()
}

func (s *single) Image(context.Context, v1.Descriptor) (v1.Image, error) { return s.image, nil }

func (s *single) Blob(d v1.Descriptor) v1.Layer {
	return layers.NewDescribed(d, v1.Hash{}, func(ctx context.Context) (io.ReadCloser, error) {
		l, err := s.image.LayerByDigest(d.Digest)
		if err != nil {
			return nil, err
		}
		return layers.OpenCompressed(ctx, l)
	})
}

func (s *single) Tags(context.Context) ([]string, error) { return nil, nil }

func (s *single) Referrers(context.Context, v1.Hash) ([]v1.Descriptor, error) { return nil, nil }

func openBlob(ctx context.Context, l v1.Layer) (io.ReadCloser, error) {
	return layers.OpenCompressed(ctx, l)
}
