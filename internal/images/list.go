package images

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/manifest"
)

// Tag is a tag of a repository or layout.
type Tag struct {
	Tag       string   `json:"tag"`
	Digest    string   `json:"digest"`
	Platforms []string `json:"platforms"`
	Created   string   `json:"created,omitempty"`
	Size      int64    `json:"size"`
	// Attached is what is attached to it, in words.
	Attached []string `json:"attached,omitempty"`
	// Error says why nothing more is known.
	Error string `json:"error,omitempty"`
}

// List lists a place's tags, those of attachments and histories left out. What
// can't be read says why.
func (o Opener) List(ctx context.Context, p Place) ([]Tag, error) {
	src, err := o.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	names, err := src.Tags(ctx)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(t string) bool { return manifest.IsAttachmentTag(t) || isHistoryTag(t) })
	out := make([]Tag, len(names))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, t := range names {
		g.Go(func() error {
			out[i] = o.tagOf(gctx, src, p, t)
			return context.Cause(gctx)
		})
	}
	return out, g.Wait()
}

func (o Opener) tagOf(ctx context.Context, src Source, p Place, tag string) Tag {
	t := Tag{Tag: tag}
	d, err := src.Find(ctx, tag)
	if err != nil {
		t.Error = err.Error()
		return t
	}
	t.Digest = d.Digest.String()
	list, err := imagesOf(ctx, src, d, DescribeOptions{}.Platform)
	if err != nil {
		t.Error = err.Error()
		return t
	}
	for _, e := range list {
		img, err := o.image(ctx, src, p, e, DescribeOptions{Plain: true})
		if err != nil {
			t.Error = err.Error()
			return t
		}
		t.Platforms = append(t.Platforms, img.Platform)
		t.Created, t.Size = max(t.Created, img.Created), t.Size+img.Size
	}
	attached, err := listAttached(ctx, src, d.Digest)
	if err != nil {
		t.Error = err.Error()
	}
	for _, a := range attached {
		t.Attached = append(t.Attached, a.What())
	}
	slices.Sort(t.Attached)
	return t
}

// ParseRegistry reads the name of a registry by itself, "localhost:5000", which
// as a reference would be nothing that one could mean.
func ParseRegistry(s string, insecure bool) (name.Registry, bool) {
	s = strings.TrimSuffix(s, "/")
	if strings.Contains(s, "/") || !strings.ContainsAny(s, ".:") && s != "localhost" {
		return name.Registry{}, false
	}
	var opts []name.Option
	if insecure {
		opts = append(opts, name.Insecure)
	}
	host, _, _ := strings.Cut(s, ":")
	r, err := name.NewRegistry(s, opts...)
	return r, err == nil && (strings.Contains(host, ".") || host == "localhost")
}

// Repositories lists the repositories of a registry.
func (o Opener) Repositories(ctx context.Context, r name.Registry) ([]string, error) {
	list, err := o.Registry.Repositories(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", r.RegistryStr(), err)
	}
	for i, n := range list {
		list[i] = r.RegistryStr() + "/" + n
	}
	return list, nil
}
