package images

import (
	"context"
	"errors"
	"fmt"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/manifest"
)

const (
	// maxDocuments bounds the manifests of one copy.
	maxDocuments = 100_000
	// maxDepth bounds indexes within indexes, and referrers of referrers.
	maxDepth = 8
	// readers is how many manifests are read at once.
	readers = 8
)

// attachments are the suffixes of the tags at which cosign 1 and 2 keep what
// belongs to a digest.
var attachments = []string{".sig", ".att", ".sbom"}

// document is a manifest or an index that was read.
type document struct {
	registry.Document
	parts    manifest.Parts
	tags     []string       // under which it goes to the destination
	referrer *v1.Descriptor // how it is listed among its subject's referrers
	subject  *v1.Hash
}

// found is all that is to be copied: documents in an order in which none comes
// before what it names.
type found struct {
	list  []*document
	known map[v1.Hash]*document
	notes []string
}

// walker collects what is reachable from some roots.
type walker struct {
	src   Source
	plain bool // without what is attached

	mu    sync.Mutex
	found found
}

// wanted is a document to read and how it was come by.
type wanted struct {
	desc  v1.Descriptor
	at    v1.Hash // what the tag led to: desc, or the index that it was found in
	tags  []string
	extra bool // attached to an image, which is whole without it
	depth int
}

// walk reads the manifests from the roots on, in waves: those of a wave at once,
// so that what comes out has an order of its own.
func (w *walker) walk(ctx context.Context, roots []wanted) error {
	w.found.known = map[v1.Hash]*document{}
	for wave := roots; len(wave) > 0; {
		next := make([][]wanted, len(wave))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(readers)
		for i, want := range wave {
			doc, fresh := w.claim(want)
			if !fresh {
				continue
			}
			g.Go(func() (err error) {
				next[i], err = w.visit(gctx, want, doc)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		wave = nil
		for _, list := range next {
			wave = append(wave, list...)
		}
		if len(w.found.known) > maxDocuments {
			return fmt.Errorf("limit exceeded: more than %d manifests", maxDocuments)
		}
	}
	w.order(roots)
	return nil
}

// claim makes a document known; it is fresh where it wasn't.
func (w *walker) claim(want wanted) (doc *document, fresh bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	doc = w.found.known[want.desc.Digest]
	if doc == nil {
		doc, fresh = &document{}, true
		w.found.known[want.desc.Digest] = doc
	}
	doc.tags = append(doc.tags, want.tags...)
	return doc, fresh
}

// visit reads one document, and returns what it leads to. What is attached and
// can't be read for what it is, is left out with a note: whoever may push to a
// repository could otherwise keep it from being copied.
func (w *walker) visit(ctx context.Context, want wanted, doc *document) ([]wanted, error) {
	next, err := w.read(ctx, want, doc)
	if err == nil {
		return next, nil
	}
	if want.extra && (errors.Is(err, registry.ErrContent) || errors.Is(err, registry.ErrNotFound) || errors.Is(err, manifest.ErrCorrupt)) {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.found.known, want.desc.Digest)
		w.found.notes = append(w.found.notes, fmt.Sprintf("left out, though it is attached: %v", err))
		return nil, nil
	}
	return nil, err
}

func (w *walker) read(ctx context.Context, want wanted, doc *document) ([]wanted, error) {
	raw, err := w.src.Document(ctx, want.desc)
	if err != nil {
		return nil, err
	}
	mt := want.desc.MediaType
	if !mt.IsImage() && !mt.IsIndex() {
		mt = types.OCIManifestSchema1
	}
	parts, err := manifest.PartsOf(raw, v1.Descriptor{MediaType: mt, Digest: want.desc.Digest})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", registry.ErrContent, err)
	}
	doc.Document, doc.parts = registry.Document{Raw: raw, MediaType: mt, Digest: want.desc.Digest}, parts
	entry, subject, err := manifest.ReferrerEntry(raw, mt)
	if err != nil {
		return nil, err
	}
	if subject != nil {
		doc.referrer, doc.subject = &entry, subject
	}
	if want.depth >= maxDepth {
		return nil, nil
	}
	var next []wanted
	for _, d := range parts.Manifests {
		if !d.MediaType.IsImage() && !d.MediaType.IsIndex() {
			return nil, fmt.Errorf("the index %s has an entry %s of type %q, which can't be copied", want.desc.Digest, d.Digest, d.MediaType)
		}
		next = append(next, wanted{desc: d, depth: want.depth + 1, extra: want.extra})
	}
	if w.plain {
		return next, nil
	}
	attached, err := w.attached(ctx, want)
	return append(next, attached...), err
}

// attached lists what is attached to a document: by the spec as referrers, and
// at the tags of cosign. Nothing is looked for that is attached to an index at
// such a tag.
func (w *walker) attached(ctx context.Context, want wanted) ([]wanted, error) {
	digest := want.desc.Digest
	list, err := w.src.Referrers(ctx, digest)
	if err != nil {
		return nil, err
	}
	var next []wanted
	for _, d := range list {
		next = append(next, wanted{desc: d, extra: true, depth: want.depth + 1})
	}
	if want.extra {
		return next, nil
	}
	for _, suffix := range attachments {
		tag := digest.Algorithm + "-" + digest.Hex + suffix
		d, err := w.src.Find(ctx, tag)
		if errors.Is(err, ErrMissing) {
			continue
		}
		if errors.Is(err, registry.ErrContent) {
			w.mu.Lock()
			w.found.notes = append(w.found.notes, fmt.Sprintf("left out: the tag %s: %v", tag, err))
			w.mu.Unlock()
			continue
		}
		if err != nil {
			return nil, err
		}
		next = append(next, wanted{desc: d, tags: []string{tag}, extra: true, depth: want.depth + 1})
	}
	return next, nil
}

// order lists the documents so that none comes before what it names, or before
// its subject: from the roots in their order, and then what is attached, by
// digest.
func (w *walker) order(roots []wanted) {
	done := map[v1.Hash]bool{}
	var add func(h v1.Hash)
	add = func(h v1.Hash) {
		doc := w.found.known[h]
		if doc == nil || done[h] {
			return
		}
		done[h] = true
		for _, d := range doc.parts.Manifests {
			add(d.Digest)
		}
		if doc.subject != nil {
			add(*doc.subject)
		}
		w.found.list = append(w.found.list, doc)
	}
	for _, r := range roots {
		add(r.desc.Digest)
	}
	for _, h := range sortedHashes(w.found.known) {
		add(h)
	}
}
