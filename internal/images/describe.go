package images

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/record"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/sign"
)

// maxPlatforms bounds the images of an index that are described.
const maxPlatforms = 64

// Description says what a tag or digest leads to.
type Description struct {
	Reference string `json:"reference"`
	Digest    string `json:"digest"`
	MediaType string `json:"mediaType"`
	// Images has the one image, or those of an index.
	Images []*Image `json:"images"`
	// Attached is what refers to the index, or the one image.
	Attached []Attachment `json:"attached,omitempty"`
	Notes    []string     `json:"notes,omitempty"`
}

// Image says what is in an image.
type Image struct {
	Digest   string            `json:"digest"`
	Platform string            `json:"platform"`
	Created  string            `json:"created,omitempty"`
	Size     int64             `json:"size"` // of all blobs
	Base     Base              `json:"base"`
	Config   v1.Config         `json:"config"`
	Notes    map[string]string `json:"annotations,omitempty"`
	Layers   []Layer           `json:"layers"`
	Attached []Attachment      `json:"attached,omitempty"`
	// Wheels and Packages are the Python distributions and the system's packages;
	// Known says what tells: "record", "layers", or "" where nothing does.
	Known    string  `json:"known,omitempty"`
	Wheels   []Entry `json:"wheels,omitempty"`
	Packages []Entry `json:"packages,omitempty"`
	// Python and Libc are told by the layers alone.
	Python string `json:"python,omitempty"`
	Libc   string `json:"libc,omitempty"`

	image v1.Image
}

// Base is what an image says that it was built upon.
type Base struct {
	Name   string `json:"name,omitempty"`
	Digest string `json:"digest,omitempty"`
}

// Layer is a layer with its line in the image's history.
type Layer struct {
	Digest    string `json:"digest"`
	DiffID    string `json:"diffID"`
	Size      int64  `json:"size"`
	CreatedBy string `json:"createdBy,omitempty"`
	// Comment is what assemble says that the layer holds.
	Comment string `json:"comment,omitempty"`
}

// Entry is something installed.
type Entry struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// DescribeOptions says what is looked at.
type DescribeOptions struct {
	// Platform, unless zero, narrows an index down to one image.
	Platform v1.Platform
	// Scan reads all layers for what is installed. Without it that is known where
	// an image has a build record, which is believed as it lies there.
	Scan bool
	// Plain leaves out what is attached, and records.
	Plain bool
	// Store keeps what was read in layers.
	Store base.Store
}

// Describe says what a place's tag or digest leads to.
func (o Opener) Describe(ctx context.Context, p Place, opt DescribeOptions) (*Description, error) {
	out, err := o.describe(ctx, p, opt)
	if err != nil {
		return nil, fmt.Errorf("describing %s: %w", p, err)
	}
	return out, nil
}

func (o Opener) describe(ctx context.Context, p Place, opt DescribeOptions) (*Description, error) {
	src, err := o.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	d, err := src.Find(ctx, p.Ref)
	if err != nil {
		return nil, err
	}
	out := &Description{Reference: p.With(d.Digest.String()).String(), Digest: d.Digest.String(), MediaType: string(d.MediaType)}
	list, err := imagesOf(ctx, src, d, opt.Platform)
	if err != nil {
		return nil, err
	}
	out.Images = make([]*Image, len(list))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, e := range list {
		g.Go(func() (err error) {
			out.Images[i], err = o.image(gctx, src, p, e, opt)
			return err
		})
	}
	if !opt.Plain {
		g.Go(func() (err error) {
			out.Attached, err = listAttached(gctx, src, d.Digest)
			return err
		})
	}
	return out, g.Wait()
}

// imagesOf lists the images of what was found: itself, or those of an index.
func imagesOf(ctx context.Context, src Source, d v1.Descriptor, p v1.Platform) ([]v1.Descriptor, error) {
	if !d.MediaType.IsIndex() {
		return []v1.Descriptor{d}, nil
	}
	if p.OS != "" {
		one, err := narrow(ctx, src, d, p)
		return []v1.Descriptor{one}, err
	}
	raw, err := src.Document(ctx, d)
	if err != nil {
		return nil, err
	}
	parts, err := manifest.PartsOf(raw, d)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(parts.Manifests, func(e v1.Descriptor) bool {
		return !e.MediaType.IsImage() || e.Platform != nil && e.Platform.OS == "unknown"
	})
	if len(list) > maxPlatforms {
		return nil, fmt.Errorf("the index has more than %d images", maxPlatforms)
	}
	return list, nil
}

// image describes one image.
func (o Opener) image(ctx context.Context, src Source, p Place, d v1.Descriptor, opt DescribeOptions) (*Image, error) {
	img, err := src.Image(ctx, d)
	if err != nil {
		return nil, err
	}
	m, err := img.Manifest()
	if err != nil {
		return nil, err
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	if err := manifest.CheckPlatform(opt.Platform, cf); opt.Platform.OS != "" && err != nil {
		return nil, err
	}
	out := &Image{
		Digest: d.Digest.String(), Config: cf.Config, Notes: m.Annotations, Size: m.Config.Size, image: img,
		Base: Base{Name: m.Annotations[manifest.AnnotationBaseName], Digest: m.Annotations[manifest.AnnotationBaseDigest]},
	}
	if pl := cf.Platform(); pl != nil {
		out.Platform = pl.String()
	}
	if !cf.Created.IsZero() {
		out.Created = cf.Created.UTC().Format(time.RFC3339)
	}
	out.Layers = layersOf(m, cf)
	for _, l := range out.Layers {
		out.Size += l.Size
	}
	if opt.Plain {
		return out, nil
	}
	if out.Attached, err = listAttached(ctx, src, d.Digest); err != nil {
		return nil, err
	}
	return out, o.addInstalled(ctx, p, out, opt)
}

// layersOf pairs layers with the history, by counting, as that has entries for
// all of them.
func layersOf(m *v1.Manifest, cf *v1.ConfigFile) []Layer {
	history := slices.DeleteFunc(slices.Clone(cf.History), func(h v1.History) bool { return h.EmptyLayer })
	list := make([]Layer, 0, len(m.Layers))
	for i, d := range m.Layers {
		l := Layer{Digest: d.Digest.String(), Size: d.Size}
		if i < len(cf.RootFS.DiffIDs) {
			l.DiffID = cf.RootFS.DiffIDs[i].String()
		}
		if len(history) == len(m.Layers) {
			l.CreatedBy, l.Comment = history[i].CreatedBy, history[i].Comment
		}
		list = append(list, l)
	}
	return list
}

// addInstalled adds what is installed in an image, if that is known, or is to be
// found out. A layout or an archive is read at once, since it is here.
func (o Opener) addInstalled(ctx context.Context, p Place, out *Image, opt DescribeOptions) error {
	if opt.Scan || p.Transport != Remote {
		return o.scan(ctx, out, opt)
	}
	found := out.record()
	if found == nil {
		return nil
	}
	out.Known = "record"
	for _, w := range found.Wheels {
		out.Wheels = append(out.Wheels, Entry{w.Name, w.Version})
	}
	for _, w := range found.Packages {
		out.Packages = append(out.Packages, Entry{w.Name, w.Version})
	}
	sortEntries(out.Wheels)
	sortEntries(out.Packages)
	return nil
}

// record is the image's build record: one that is signed, by whomever, before one
// that isn't. What isn't of this image is none.
func (i *Image) record() *record.Predicate {
	digest, err := v1.NewHash(i.Digest)
	if err != nil {
		return nil
	}
	var unsigned *record.Predicate
	for _, a := range i.Attached {
		if a.Predicate != record.PredicateType {
			continue
		}
		s, err := sign.ReadStatement(digest, record.PredicateType, a.statement)
		if err != nil {
			continue
		}
		found, err := record.Parse(s.Predicate)
		if err != nil || !i.has(found) {
			continue
		}
		if a.Key != "" {
			return found
		}
		unsigned = found
	}
	return unsigned
}

// has reports whether the image has the layers that its record names.
func (i *Image) has(r *record.Predicate) bool {
	for _, l := range r.Layers {
		if !slices.ContainsFunc(i.Layers, func(o Layer) bool { return o.Digest == l.Digest }) {
			return false
		}
	}
	return true
}

// scan reads the layers. An image without Python has facts as well, but none
// that we could tell.
func (o Opener) scan(ctx context.Context, out *Image, opt DescribeOptions) error {
	facts, err := base.ReadFacts(ctx, out.image, base.FactsOptions{Store: opt.Store})
	var none *base.NoPythonError
	if errors.As(err, &none) {
		return nil
	}
	if err != nil {
		return err
	}
	out.Known, out.Python = "layers", facts.Python.Version
	out.Libc = strings.TrimSpace(facts.Libc.Family + " " + facts.Libc.Version)
	for _, d := range facts.Dists {
		out.Wheels = append(out.Wheels, Entry{d.Name, d.Version})
	}
	for _, pkg := range facts.Packages {
		out.Packages = append(out.Packages, Entry{pkg.Name, pkg.Version})
	}
	sortEntries(out.Wheels)
	sortEntries(out.Packages)
	return nil
}

func sortEntries(list []Entry) {
	slices.SortFunc(list, func(a, b Entry) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Version, b.Version)
	})
}

// isRegistryFault reports whether content, and not the way to it, is at fault.
func isRegistryFault(err error) bool {
	return errors.Is(err, registry.ErrContent) || errors.Is(err, registry.ErrNotFound) || errors.Is(err, manifest.ErrCorrupt)
}
