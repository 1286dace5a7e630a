package images

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/manifest"
)

// push brings what was found to a registry.
func (o Opener) push(ctx context.Context, src Source, all *found, to Place, out *Copied) error {
	there, err := o.present(ctx, all, to.Repository)
	if err != nil {
		return err
	}
	if err := o.pushBlobs(ctx, src, all, there, to.Repository, out); err != nil {
		return err
	}
	for _, doc := range all.list {
		if there[doc.Digest] {
			out.Existed++
			if doc.subject == nil {
				continue
			}
		}
		if err := o.Registry.PutDocument(ctx, to.Repository, doc.Document, there[doc.Digest]); err != nil {
			return err
		}
	}
	return o.tag(ctx, all, to, out)
}

// present asks which manifests the repository has. One that it has is whole: a
// registry takes a manifest only when it has what that names.
func (o Opener) present(ctx context.Context, all *found, repo name.Repository) (map[v1.Hash]bool, error) {
	there := map[v1.Hash]bool{}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for _, doc := range all.list {
		g.Go(func() error {
			_, ok, err := o.Registry.Stands(gctx, repo.Digest(doc.Digest.String()))
			mu.Lock()
			defer mu.Unlock()
			there[doc.Digest] = ok
			return err
		})
	}
	return there, g.Wait()
}

func (o Opener) pushBlobs(ctx context.Context, src Source, all *found, there map[v1.Hash]bool, repo name.Repository, out *Copied) error {
	var mu sync.Mutex
	seen := map[v1.Hash]bool{}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2 * readers) // the client bounds uploads; the rest are questions
	for _, doc := range all.list {
		for _, d := range doc.parts.Blobs {
			if seen[d.Digest] {
				continue
			}
			seen[d.Digest] = true
			if there[doc.Digest] {
				out.Blobs.Existed++
				continue
			}
			g.Go(func() error {
				outcome, err := o.Registry.PushLayer(gctx, repo, src.Blob(d))
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				out.Blobs.count(outcome, d.Size)
				return nil
			})
		}
	}
	return g.Wait()
}

func (b *Blobs) count(outcome registry.Outcome, size int64) {
	switch outcome {
	case registry.Existed, registry.Foreign:
		b.Existed++
	case registry.Mounted:
		b.Mounted++
	case registry.Uploaded:
		b.Copied++
		b.Bytes += size
	}
}

// tag puts the tags, those of images last. Where one fails, those before it get
// back what they had.
func (o Opener) tag(ctx context.Context, all *found, to Place, out *Copied) (err error) {
	type tagged struct {
		tag string
		doc *document
	}
	var list []tagged
	for _, doc := range all.list {
		for _, t := range slices.Compact(slices.Sorted(slices.Values(doc.tags))) {
			list = append(list, tagged{t, doc})
		}
	}
	slices.SortStableFunc(list, func(a, b tagged) int {
		switch x, y := manifest.IsAttachmentTag(a.tag), manifest.IsAttachmentTag(b.tag); {
		case x == y:
			return strings.Compare(a.tag, b.tag)
		case x:
			return -1
		}
		return 1
	})
	done := list[:0:0]
	defer func() {
		if err != nil {
			for i := range done {
				err = errors.Join(err, o.restore(context.WithoutCancel(ctx), to.Repository, out.Tags[i]))
			}
		}
	}()
	for _, t := range list {
		at := to.Repository.Tag(t.tag)
		before, ok, err := o.Registry.Stands(ctx, at)
		if err != nil {
			return err
		}
		c := TagCopy{Tag: t.tag, Digest: t.doc.Digest.String(), Existed: ok && before == t.doc.Digest}
		if ok && !c.Existed {
			c.Moved = before.String()
		}
		if !c.Existed {
			if err := o.Registry.Tag(ctx, to.Repository.Digest(c.Digest), at); err != nil {
				return err
			}
		}
		out.Tags = append(out.Tags, c)
		done = append(done, t)
	}
	return nil
}

// restore gives a tag back what it had. A new one stays where the registry
// doesn't delete tags.
func (o Opener) restore(ctx context.Context, repo name.Repository, c TagCopy) error {
	at := repo.Tag(c.Tag)
	switch {
	case c.Existed:
		return nil
	case c.Moved != "":
		if err := o.Registry.Tag(ctx, repo.Digest(c.Moved), at); err != nil {
			return fmt.Errorf("the tag %q stays at %s: %w", c.Tag, c.Digest, err)
		}
		return nil
	}
	if err := o.Registry.Delete(ctx, at); err != nil {
		return fmt.Errorf("the tag %q stays: %w", c.Tag, err)
	}
	return nil
}

func sortedHashes(m map[v1.Hash]*document) []v1.Hash {
	list := make([]v1.Hash, 0, len(m))
	for h := range m {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b v1.Hash) int { return strings.Compare(a.String(), b.String()) })
	return list
}
