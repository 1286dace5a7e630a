package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
)

// CopyOptions says what is copied.
type CopyOptions struct {
	// AllTags copies all tags of the source's repository or layout.
	AllTags bool
	// Platform, unless zero, copies only the image for it out of an index, under
	// that image's own digest.
	Platform v1.Platform
	// Plain leaves out signatures, attestations and whatever else is attached.
	Plain bool
	// Progress, unless nil, is told how many bytes of how many were written to a
	// layout or an archive. Uploads are told of by the registry's client.
	Progress func(done, total int64)
}

// Copied is what a copy came to.
type Copied struct {
	// Reference names the copy by digest; it is empty with AllTags.
	Reference string `json:"reference,omitempty"`
	Digest    string `json:"digest,omitempty"`
	// Tags were put or are right already, in order.
	Tags []TagCopy `json:"tags,omitempty"`
	// Manifests counts images, indexes and what is attached to them, Attached
	// the latter alone.
	Manifests int `json:"manifests"`
	Attached  int `json:"attached"`
	// Existed counts the manifests that the destination had.
	Existed int `json:"existed"`
	// Blobs says how layers, configs and the like got there.
	Blobs Blobs `json:"blobs"`
	// Notes are what the user should know.
	Notes []string `json:"notes,omitempty"`
}

// TagCopy is a tag at the destination.
type TagCopy struct {
	Tag    string `json:"tag"`
	Digest string `json:"digest"`
	// Moved is the digest that the tag had before.
	Moved string `json:"moved,omitempty"`
	// Existed says that it was right already.
	Existed bool `json:"existed,omitempty"`
}

// Blobs counts blobs by how they came to the destination; Uploaded is in bytes.
type Blobs struct {
	Existed int   `json:"existed"`
	Mounted int   `json:"mounted"`
	Copied  int   `json:"copied"`
	Bytes   int64 `json:"bytes"`
}

// Copy copies an image or index, or all that has a tag, with all platforms and
// what is attached: referrers, cosign's tags, and what is attached to those. What
// is there already isn't copied again, and what its registry can mount isn't
// sent. Digests stay. Tags come last of all: where anything fails before, none
// has moved, and where a tag fails those put before it get back what they had.
func (o Opener) Copy(ctx context.Context, from, to Place, opt CopyOptions) (*Copied, error) {
	out, err := o.copy(ctx, from, to, opt)
	if err != nil {
		return nil, fmt.Errorf("copying %s to %s: %w", from, to, err)
	}
	return out, nil
}

func (o Opener) copy(ctx context.Context, from, to Place, opt CopyOptions) (*Copied, error) {
	if err := CheckCopy(from, to, opt); err != nil {
		return nil, err
	}
	src, err := o.Open(ctx, from)
	if err != nil {
		return nil, err
	}
	roots, err := copyRoots(ctx, src, from, to, opt)
	if err != nil {
		return nil, err
	}
	w := &walker{src: src, plain: opt.Plain}
	if err := w.walk(ctx, roots); err != nil {
		return nil, err
	}
	out := &Copied{Manifests: len(w.found.list), Notes: w.found.notes}
	for _, d := range w.found.list {
		if d.subject != nil || slices.ContainsFunc(d.tags, manifest.IsAttachmentTag) {
			out.Attached++
		}
	}
	if to.Transport == Remote {
		err = o.push(ctx, src, &w.found, to, out)
	} else {
		err = writeGraph(ctx, src, &w.found, roots, to, opt, out)
	}
	if err != nil {
		return nil, err
	}
	if !opt.AllTags {
		out.Digest = roots[0].desc.Digest.String()
		out.Reference = to.With(out.Digest).String()
		out.Notes = append(out.Notes, movedMeanwhile(ctx, src, from, roots[0])...)
	}
	return out, nil
}

// CheckCopy finds what can't be copied, for what the places are.
func CheckCopy(from, to Place, opt CopyOptions) error {
	switch {
	case to.IsDigest():
		return fmt.Errorf("the destination %s has a digest; it may have a tag only", to)
	case to.Transport == DockerArchive:
		return fmt.Errorf("the destination %s can't hold digests; an oci-archive can", to)
	case opt.AllTags && (from.Ref != "" || to.Ref != ""):
		return errors.New("for all tags, a source and a destination without a tag are needed")
	case opt.AllTags && from.Transport == DockerArchive:
		return fmt.Errorf("the tags of %s are no tags of one repository", from)
	}
	return nil
}

// copyRoots finds what is to be copied, and under which tags.
func copyRoots(ctx context.Context, src Source, from, to Place, opt CopyOptions) ([]wanted, error) {
	if !opt.AllTags {
		d, err := src.Find(ctx, from.Ref)
		if err != nil {
			return nil, err
		}
		at := d.Digest
		if d, err = narrow(ctx, src, d, opt.Platform); err != nil {
			return nil, err
		}
		return []wanted{{desc: d, at: at, tags: targetTags(from, to)}}, nil
	}
	tags, err := src.Tags(ctx)
	if err != nil {
		return nil, err
	}
	tags = slices.DeleteFunc(tags, manifest.IsAttachmentTag) // they come with what they belong to
	if len(tags) == 0 {
		return nil, fmt.Errorf("%w: there are no tags", ErrMissing)
	}
	roots := make([]wanted, 0, len(tags))
	for _, t := range tags {
		d, err := src.Find(ctx, t)
		if err == nil {
			d, err = narrow(ctx, src, d, opt.Platform)
		}
		if err != nil {
			return nil, fmt.Errorf("tag %q: %w", t, err)
		}
		roots = append(roots, wanted{desc: d, tags: []string{t}})
	}
	return roots, nil
}

// targetTags is the tag of the destination, or else the source's.
func targetTags(from, to Place) []string {
	switch {
	case to.Ref != "":
		return []string{to.Ref}
	case from.IsDigest() || from.Transport == DockerArchive:
		return nil
	case from.Ref != "":
		return []string{from.Ref}
	case from.Transport == Remote:
		return []string{"latest"}
	}
	return nil
}

// narrow finds the image for a platform in an index.
func narrow(ctx context.Context, src Source, d v1.Descriptor, p v1.Platform) (v1.Descriptor, error) {
	if p.OS == "" {
		return d, nil
	}
	raw, err := src.Document(ctx, d)
	if err != nil {
		return d, err
	}
	parts, err := manifest.PartsOf(raw, d)
	if err != nil {
		return d, err
	}
	if d.MediaType.IsImage() && len(parts.Blobs) > 0 {
		return d, checkConfig(ctx, src, parts.Blobs[0], p)
	}
	var have []v1.Platform
	for _, e := range parts.Manifests {
		if e.Platform == nil || e.Platform.OS == "unknown" {
			continue
		}
		if manifest.SamePlatform(p, *e.Platform) {
			return v1.Descriptor{MediaType: e.MediaType, Size: e.Size, Digest: e.Digest}, nil
		}
		have = append(have, *e.Platform)
	}
	return d, &manifest.PlatformError{Ref: d.Digest.String(), Want: p, Have: have}
}

// checkConfig checks that an image with that config is for the platform.
func checkConfig(ctx context.Context, src Source, config v1.Descriptor, p v1.Platform) error {
	raw, err := readAll(ctx, src.Blob(config), maxConfig)
	if err != nil {
		return err
	}
	cf, err := v1.ParseConfigFile(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("config %s: %w", config.Digest, err)
	}
	return manifest.CheckPlatform(p, cf)
}

// maxConfig bounds an image's config in bytes.
const maxConfig = 8 << 20

// movedMeanwhile notes that the source's tag stands for something else by now.
// What was copied is what it stood for at first, whole.
func movedMeanwhile(ctx context.Context, src Source, from Place, root wanted) []string {
	if _, remote := src.(*repository); !remote || from.IsDigest() {
		return nil
	}
	d, err := src.Find(ctx, from.Ref)
	if err != nil || d.Digest == root.at {
		return nil // what became of the tag is only a note
	}
	return []string{fmt.Sprintf("the tag was moved to %s meanwhile; the copy is what it was before", d.Digest)}
}

// outcomeIn says what becomes of a blob in a layout or an archive: what lies
// there with the right size is kept if its digest is right, too.
func outcomeIn(to Place, d v1.Descriptor) registry.Outcome {
	fi, err := os.Stat(filepath.Join(to.Path, "blobs", d.Digest.Algorithm, d.Digest.Hex))
	if to.Transport == Layout && err == nil && fi.Size() == d.Size {
		return registry.Existed
	}
	return registry.Uploaded
}

// writeGraph writes to a layout or an archive.
func writeGraph(ctx context.Context, src Source, all *found, roots []wanted, to Place, opt CopyOptions, out *Copied) error {
	g := manifest.Graph{}
	seen := map[v1.Hash]bool{}
	add := func(d v1.Descriptor, open func(context.Context) (io.ReadCloser, error)) {
		if !seen[d.Digest] {
			seen[d.Digest] = true
			g.Blobs = append(g.Blobs, manifest.GraphBlob{Descriptor: d, Open: open})
		}
	}
	for _, doc := range all.list {
		add(doc.Descriptor(), func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(string(doc.Raw))), nil
		})
		for _, b := range doc.parts.Blobs {
			l := src.Blob(b)
			if !seen[b.Digest] {
				out.Blobs.count(outcomeIn(to, b), b.Size)
			}
			add(b, func(ctx context.Context) (io.ReadCloser, error) { return layers.OpenCompressed(ctx, l) })
		}
		if doc.referrer != nil {
			g.Referrers = append(g.Referrers, *doc.referrer)
		}
	}
	listed := map[v1.Hash]bool{}
	for _, r := range roots {
		listed[r.desc.Digest] = true
	}
	for _, doc := range all.list {
		if listed[doc.Digest] || len(doc.tags) > 0 {
			tags := slices.Compact(slices.Sorted(slices.Values(doc.tags)))
			g.Roots = append(g.Roots, manifest.Root{Descriptor: doc.Descriptor(), Tags: tags})
			for _, t := range tags {
				out.Tags = append(out.Tags, TagCopy{Tag: t, Digest: doc.Digest.String()})
			}
		}
	}
	lo := manifest.LayoutOptions{Progress: opt.Progress}
	if to.Transport == Layout {
		return manifest.WriteLayoutGraph(ctx, to.Path, g, lo)
	}
	return manifest.WriteOCIArchiveGraph(ctx, to.Path, g, lo)
}
