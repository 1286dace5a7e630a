package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// IndexOptions adjusts an index; the zero value is fine.
type IndexOptions struct {
	// Annotations of the index. A Docker manifest list gets them too, as
	// images do; see [Assemble].
	Annotations map[string]string
}

// Index makes an image index (image-spec, image-index.md), or a Docker
// manifest list, of images for several platforms. The platforms are those of
// the images' configurations, in the spelling of [NormalizePlatform], and the
// entries are sorted by them, so that the images' order doesn't matter. The
// images must be all of OCI's or all of Docker's kind, and no two of them for
// one platform.
func Index(images []v1.Image, opt IndexOptions) (v1.ImageIndex, error) {
	idx, err := newIndex(images, opt)
	if err != nil {
		return nil, fmt.Errorf("making an index: %w", err)
	}
	return idx, nil
}

func newIndex(images []v1.Image, opt IndexOptions) (*imageIndex, error) {
	if len(images) == 0 {
		return nil, errors.New("no images")
	}
	if _, ok := opt.Annotations[""]; ok {
		return nil, errors.New("an annotation has an empty name")
	}
	idx := &imageIndex{
		manifest: &v1.IndexManifest{SchemaVersion: 2, Annotations: maps.Clone(opt.Annotations)},
		images:   map[v1.Hash]v1.Image{},
	}
	for i, img := range images {
		if err := idx.add(img); err != nil {
			return nil, fmt.Errorf("image %d: %w", i+1, err)
		}
	}
	list := idx.manifest.Manifests
	normal := func(d v1.Descriptor) string { return NormalizePlatform(*d.Platform).String() }
	slices.SortFunc(list, func(a, b v1.Descriptor) int { return strings.Compare(normal(a), normal(b)) })
	for i := range list[1:] {
		if normal(list[i]) == normal(list[i+1]) {
			return nil, fmt.Errorf("two images for %s", normal(list[i]))
		}
	}
	var err error
	if idx.raw, err = json.Marshal(idx.manifest); err != nil {
		return nil, err
	}
	idx.digest = digestOf(idx.raw)
	return idx, nil
}

// add appends an image's entry.
func (i *imageIndex) add(img v1.Image) error {
	_, cf, fam, err := readBase(img, v1.Platform{})
	if err != nil {
		return err
	}
	switch mt := i.manifest.MediaType; {
	case mt == "":
		i.manifest.MediaType = fam.index
	case mt != fam.index:
		return fmt.Errorf("its media type is one of %s's, unlike the first image's", fam.name)
	}
	desc, _, err := describe(img)
	if err != nil {
		return err
	}
	desc.Platform = entryPlatform(cf)
	i.manifest.Manifests = append(i.manifest.Manifests, desc)
	i.images[desc.Digest] = img
	return nil
}

// entryPlatform is how an index names an image's platform: normalized, but
// with a variant that goes without saying (arm64/v8) left in where the
// configuration has it. Some readers ask for it, and validators want both
// alike.
func entryPlatform(cf *v1.ConfigFile) *v1.Platform {
	p := NormalizePlatform(configPlatform(cf))
	if p.Variant == "" && cf.Variant != "" {
		p.Variant = map[string]string{"amd64": "v1", "arm64": "v8"}[p.Architecture]
	}
	return &p
}

// imageIndex is an index of images that are at hand. It never changes once
// made.
type imageIndex struct {
	manifest *v1.IndexManifest
	images   map[v1.Hash]v1.Image
	raw      []byte
	digest   v1.Hash
}

var _ v1.ImageIndex = (*imageIndex)(nil)

func (i *imageIndex) MediaType() (types.MediaType, error)       { return i.manifest.MediaType, nil }
func (i *imageIndex) Digest() (v1.Hash, error)                  { return i.digest, nil }
func (i *imageIndex) Size() (int64, error)                      { return int64(len(i.raw)), nil }
func (i *imageIndex) IndexManifest() (*v1.IndexManifest, error) { return i.manifest.DeepCopy(), nil }
func (i *imageIndex) RawManifest() ([]byte, error)              { return i.raw, nil }

func (i *imageIndex) Image(h v1.Hash) (v1.Image, error) {
	img, ok := i.images[h]
	if !ok {
		return nil, fmt.Errorf("the index has no image %s", h)
	}
	return img, nil
}

func (i *imageIndex) ImageIndex(h v1.Hash) (v1.ImageIndex, error) {
	return nil, fmt.Errorf("the index has no index %s", h)
}
