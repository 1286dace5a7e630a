package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/trust"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/sign"
)

// Errors of [Lookup].
var (
	// ErrNone says that an image has no record.
	ErrNone = errors.New("the image has no build record")
	// ErrUntrusted says that it has none that counts.
	ErrUntrusted = errors.New("no build record of the image is signed with a trusted key")
)

const (
	// maxCandidates bounds how many referrers of an image are read: anyone who
	// may push can add some.
	maxCandidates = 16
	maxBundle     = 3 * MaxPredicate / 2
	maxFacts      = 16 << 20
	maxBlob       = 16 << 20

	bundlePrefix = "application/vnd.dev.sigstore.bundle"
)

// Trust says whose records count.
type Trust struct {
	// Keys returns those of which one must have signed the record. It is asked
	// only when there is something to verify, since opening a key takes a while.
	Keys func() ([]trust.PublicKey, error)
	// Unsigned says that a record counts because it lies there, whoever has
	// written it. Keys then don't matter.
	Unsigned bool
}

// Found is an image in a registry with its record.
type Found struct {
	// Image is the image by digest.
	Image name.Digest
	// Predicate is its record.
	Predicate *Predicate
	// Key names the key that has signed the record, "" where none was asked for.
	Key string

	registry *registry.Client
	byKey    map[string]*Layer
	blobs    map[v1.Hash]bool // of the image's layers
}

// Lookup finds the image of that platform that a reference leads to, and its
// record, and holds the one against the other. The error is [ErrNone],
// [ErrUntrusted] or [ErrLie], or the registry's.
func Lookup(ctx context.Context, reg *registry.Client, ref string, platform v1.Platform, who Trust) (*Found, error) {
	at, img, err := open(ctx, reg, ref, platform)
	if err != nil {
		return nil, err
	}
	list, err := reg.Referrers(ctx, at, "")
	if err != nil && len(list) == 0 {
		return nil, err
	}
	f := &Found{Image: at, registry: reg, byKey: map[string]*Layer{}}
	if who.Unsigned {
		err = f.readUnsigned(ctx, list)
	} else {
		err = f.readSigned(ctx, list, who.Keys)
	}
	if err != nil {
		return nil, err
	}
	if err := f.compare(img, platform); err != nil {
		return nil, err
	}
	for i := range f.Predicate.Layers {
		if l := &f.Predicate.Layers[i]; l.Key != "" {
			f.byKey[l.Key] = l
		}
	}
	return f, nil
}

// open finds the image, and where it lies by digest.
func open(ctx context.Context, reg *registry.Client, ref string, platform v1.Platform) (name.Digest, v1.Image, error) {
	img, _, err := reg.Image(ctx, ref, platform)
	if err != nil {
		return name.Digest{}, nil, err
	}
	digest, err := img.Digest()
	if err != nil {
		return name.Digest{}, nil, err
	}
	parsed, err := reg.Parse(ref)
	if err != nil {
		return name.Digest{}, nil, err
	}
	return parsed.Context().Digest(digest.String()), img, nil
}

// readSigned takes the first record that one of the keys has signed. What can't
// be read, or is somebody else's, is passed over.
func (f *Found) readSigned(ctx context.Context, list []v1.Descriptor, keys func() ([]trust.PublicKey, error)) error {
	var refused []error
	for _, d := range candidates(list, func(d v1.Descriptor) bool {
		announced := sign.AnnotatedPredicate(d.Annotations)
		return announced == PredicateType || announced == "" && (strings.HasPrefix(d.ArtifactType, bundlePrefix) || isUnnamed(d))
	}) {
		blobs, err := f.registry.Artifact(ctx, f.Image.Context().Digest(d.Digest.String()), maxBundle)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		known, err := keys()
		if err != nil {
			return err
		}
		for _, b := range blobs {
			if err := f.verify(b, known); err != nil {
				refused = append(refused, err)
				continue
			}
			return nil
		}
	}
	if len(list) == 0 {
		return ErrNone
	}
	if len(refused) == 0 {
		return ErrUntrusted
	}
	return fmt.Errorf("%w: %w", ErrUntrusted, errors.Join(refused...))
}

// verify takes the record in a bundle.
func (f *Found) verify(b registry.Blob, keys []trust.PublicKey) error {
	if b.Err != nil {
		return b.Err
	}
	subject, err := v1.NewHash(f.Image.DigestStr())
	if err != nil {
		return err
	}
	for _, key := range keys {
		var s *sign.Statement
		if s, err = sign.Verify(key.Verifier, subject, PredicateType, b.Data); err != nil {
			continue
		}
		f.Key = key.Name
		f.Predicate, err = Parse(s.Predicate)
		return err
	}
	return err
}

// readUnsigned takes the record that lies there. Of several that can be read the
// first in order of digest is taken.
func (f *Found) readUnsigned(ctx context.Context, list []v1.Descriptor) error {
	err := ErrNone
	for _, d := range candidates(list, func(d v1.Descriptor) bool { return d.ArtifactType == ArtifactType || isUnnamed(d) }) {
		m, merr := f.registry.ArtifactManifest(ctx, f.Image.Context().Digest(d.Digest.String()))
		switch {
		case merr != nil:
			err = merr
			continue
		case m.ArtifactType != ArtifactType || len(m.Layers) == 0:
			continue
		}
		if err = f.readStatement(ctx, m.Layers[0]); err == nil {
			return nil
		}
	}
	return err
}

func (f *Found) readStatement(ctx context.Context, d v1.Descriptor) error {
	raw, err := f.registry.SmallBlob(ctx, f.Image.Context(), d, MaxPredicate)
	if err != nil {
		return err
	}
	subject, err := v1.NewHash(f.Image.DigestStr())
	if err != nil {
		return err
	}
	s, err := sign.ReadStatement(subject, PredicateType, raw)
	if err != nil {
		return err
	}
	f.Predicate, err = Parse(s.Predicate)
	return err
}

// isUnnamed reports whether a registry lists the config's media type in the place
// of the artifact type, or none.
func isUnnamed(d v1.Descriptor) bool {
	return d.ArtifactType == "" || d.ArtifactType == string(emptyType)
}

// candidates are the referrers that may be a record, those that say so first, in
// order of digest.
func candidates(list []v1.Descriptor, may func(v1.Descriptor) bool) []v1.Descriptor {
	list = slices.DeleteFunc(slices.Clone(list), func(d v1.Descriptor) bool { return !may(d) })
	slices.SortFunc(list, func(a, b v1.Descriptor) int {
		if isUnnamed(a) != isUnnamed(b) {
			if isUnnamed(b) {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Digest.String(), b.Digest.String())
	})
	return list[:min(len(list), maxCandidates)]
}

// compare holds the record against the image: its layers are the uppermost ones,
// by digest, size and diffID, and keys in the manifest are the same.
func (f *Found) compare(img v1.Image, platform v1.Platform) error {
	m, err := img.Manifest()
	if err != nil {
		return err
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return err
	}
	p := f.Predicate
	if want := platform.String(); p.Platform != want {
		return lie("it is for %.80q, not %q", p.Platform, want)
	}
	below := len(m.Layers) - len(p.Layers)
	if below < 0 || len(cf.RootFS.DiffIDs) != len(m.Layers) {
		return lie("it has %d layers, the image %d", len(p.Layers), len(m.Layers))
	}
	f.blobs = map[v1.Hash]bool{}
	for _, d := range m.Layers {
		f.blobs[d.Digest] = true
	}
	for i, l := range p.Layers {
		d := m.Layers[below+i]
		switch key := d.Annotations[manifest.AnnotationLayerKey]; {
		case d.Digest.String() != l.Digest || d.Size != l.Size:
			return lie("layer %.120q is another blob in the image", l.Name)
		case cf.RootFS.DiffIDs[below+i].String() != l.DiffID:
			return lie("layer %.120q has another diffID in the image", l.Name)
		case key != "" && key != l.Key:
			return lie("layer %.120q has another key in the image", l.Name)
		}
	}
	return nil
}

// Layer returns the layer that the record has under a key, as a gzip layer of the
// given media type.
func (f *Found) Layer(key string, mediaType types.MediaType) (*registry.Layer, bool) {
	l, ok := f.byKey[key]
	if !ok {
		return nil, false
	}
	digest, err := v1.NewHash(l.Digest)
	if err != nil {
		return nil, false
	}
	diffID, err := v1.NewHash(l.DiffID)
	if err != nil {
		return nil, false
	}
	return f.registry.LayerAt(f.Image.Context(), v1.Descriptor{MediaType: mediaType, Digest: digest, Size: l.Size}, diffID), true
}

// HasBlob reports whether a blob is one of the image's layers, the base's
// included: it can be mounted from there.
func (f *Found) HasBlob(digest v1.Hash) bool { return f.blobs[digest] }

// Claim is what the record says of the layer with a key.
func (f *Found) Claim(key string) (Layer, bool) {
	l, ok := f.byKey[key]
	if !ok || key == "" {
		return Layer{}, false
	}
	return *l, true
}

// Facts reads what is known of the base, as JSON. The error is [ErrNone] where
// the record has none.
func (f *Found) Facts(ctx context.Context) ([]byte, error) {
	packed, err := f.blob(ctx, f.Predicate.Base.Facts)
	if err != nil {
		return nil, err
	}
	return decompress(packed, maxFacts)
}

// Listings reads the listings of all paths of the wheels, as they were packed.
func (f *Found) Listings(ctx context.Context) ([]byte, error) {
	if f.Predicate.Set == nil {
		return nil, ErrNone
	}
	return f.blob(ctx, f.Predicate.Set.Listings)
}

func (f *Found) blob(ctx context.Context, b *Blob) ([]byte, error) {
	d, ok := b.descriptor()
	if !ok {
		return nil, ErrNone
	}
	return f.registry.SmallBlob(ctx, f.Image.Context(), d, maxBlob)
}

// BlobLayer returns a blob beside this record, to lie beside another one; false
// where there is none.
func (f *Found) BlobLayer(b *Blob) (v1.Layer, bool) {
	d, ok := b.descriptor()
	if !ok {
		return nil, false
	}
	return f.registry.LayerAt(f.Image.Context(), d, d.Digest), true
}
