package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Annotations that say what an image was built upon (image-spec,
// annotations.md).
const (
	AnnotationBaseName   = "org.opencontainers.image.base.name"
	AnnotationBaseDigest = "org.opencontainers.image.base.digest"
)

// AnnotationLayerKey is the annotation of a layer's descriptor that says by
// which inputs the layer was made: layers with equal keys have equal bytes.
const AnnotationLayerKey = "io.github.assemble-image.layer.key"

// Addition is a layer put on top of a base, with its line in the history.
type Addition struct {
	Layer v1.Layer
	// CreatedBy says what made the layer, Comment what it holds.
	CreatedBy, Comment string
	// Key becomes [AnnotationLayerKey] in an OCI manifest; "" is none. Docker's
	// descriptors have no annotations, and some readers refuse them there.
	Key string
}

// Options says where the base comes from and what it is meant for.
type Options struct {
	// BaseName is the base's reference ("docker.io/library/python:3.10"),
	// for [AnnotationBaseName]. Without one, as with a base on disk, the
	// annotation is left out.
	BaseName string
	// BaseDigest is the digest of the base's manifest; empty means to ask
	// the base for it.
	BaseDigest string
	// Platform is the target. The zero value takes any base.
	Platform v1.Platform
	// OCI makes an OCI image of a Docker base too. The blobs stay the same,
	// and their types get other names, and so the base's layers can still
	// be mounted. Layouts need it: skopeo and umoci find only OCI images there.
	OCI bool
}

// Assemble puts adds on top of base, in order, and applies cfg.
//
// Manifest, configuration and layers get the media types of the base's kind,
// OCI or Docker, unless opt wants OCI; a base that mixes both is refused.
// Annotations go into a
// Docker manifest too, though its schema doesn't list them: registries and
// runtimes keep or ignore them, and there is no other place.
//
// Of the base only the manifest and the configuration are read, of adds only
// digests, sizes and media types. The error is a [*PlatformError] when the
// base is for another platform than opt's, and a [*LayerLimitError] when
// there are too many layers.
func Assemble(base v1.Image, adds []Addition, cfg Config, opt Options) (v1.Image, error) {
	img, err := assemble(base, adds, cfg, opt)
	if err != nil {
		return nil, fmt.Errorf("assembling the image: %w", err)
	}
	return img, nil
}

func assemble(base v1.Image, adds []Addition, cfg Config, opt Options) (*assembled, error) {
	bm, cf, fam, err := readBase(base, opt.Platform)
	if err != nil {
		return nil, err
	}
	if len(bm.Layers)+len(adds) > MaxLayers {
		return nil, &LayerLimitError{Base: len(bm.Layers), Added: len(adds)}
	}
	if cf.History, err = baseHistory(cf, len(bm.Layers)); err != nil {
		return nil, err
	}
	if err := cfg.apply(cf); err != nil {
		return nil, err
	}
	if opt.OCI {
		fam = ociFamily()
	}
	m := &v1.Manifest{SchemaVersion: 2, MediaType: fam.manifest}
	if m.Layers, err = baseLayers(bm.Layers, fam, len(adds)); err != nil {
		return nil, err
	}
	if m.Annotations, err = annotations(base, cfg, opt); err != nil {
		return nil, err
	}
	img := &assembled{base: base, manifest: m, config: cf}
	for i, add := range adds {
		if err := img.add(add, fam); err != nil {
			return nil, fmt.Errorf("adding layer %d (%s): %w", i+1, add.CreatedBy, err)
		}
	}
	return img, img.encode(fam, cfg.Healthcheck)
}

// readBase reads the base's manifest and configuration and checks that they
// describe one image for the platform. The configuration is a copy.
func readBase(base v1.Image, p v1.Platform) (*v1.Manifest, *v1.ConfigFile, family, error) {
	raw, err := base.RawManifest()
	if err != nil {
		return nil, nil, family{}, fmt.Errorf("reading the base's manifest: %w", err)
	}
	m, err := parseManifest(raw)
	if err != nil {
		return nil, nil, family{}, fmt.Errorf("the base's manifest: %w", err)
	}
	fam, err := familyOf(base, m)
	if err != nil {
		return nil, nil, family{}, err
	}
	cf, err := base.ConfigFile()
	if err != nil {
		return nil, nil, family{}, fmt.Errorf("reading the base's configuration: %w", err)
	}
	if err := CheckPlatform(p, cf); err != nil {
		return nil, nil, family{}, err
	}
	if len(cf.RootFS.DiffIDs) != len(m.Layers) {
		return nil, nil, family{}, fmt.Errorf("the base's manifest lists %d layers, its configuration %d", len(m.Layers), len(cf.RootFS.DiffIDs))
	}
	cf = cf.DeepCopy()
	cf.RootFS.Type = "layers"
	return m, cf, fam, nil
}

// baseLayers returns the base's descriptors under fam's names, with room for
// more.
func baseLayers(base []v1.Descriptor, fam family, more int) ([]v1.Descriptor, error) {
	out := append(make([]v1.Descriptor, 0, len(base)+more), base...)
	for i, d := range out {
		if fam.owns(d.MediaType) {
			continue
		}
		mt, err := fam.translate(d.MediaType)
		if err != nil {
			return nil, fmt.Errorf("the base's layer %d: %w", i+1, err)
		}
		out[i].MediaType = mt
	}
	return out, nil
}

func annotations(base v1.Image, cfg Config, opt Options) (map[string]string, error) {
	out := map[string]string{}
	if opt.BaseName != "" {
		out[AnnotationBaseName] = opt.BaseName
	}
	digest := opt.BaseDigest
	if digest == "" {
		h, err := base.Digest()
		if err != nil {
			return nil, fmt.Errorf("reading the base's digest: %w", err)
		}
		digest = h.String()
	}
	if _, err := v1.NewHash(digest); err != nil {
		return nil, fmt.Errorf("the base's digest %q: %w", digest, err)
	}
	out[AnnotationBaseDigest] = digest
	maps.Copy(out, cfg.Annotations)
	return out, nil
}

// add appends one layer to manifest, configuration and history.
func (i *assembled) add(a Addition, fam family) error {
	if a.Layer == nil {
		return errors.New("the layer is nil")
	}
	desc, err := partial.Descriptor(a.Layer)
	if err != nil {
		return fmt.Errorf("reading its descriptor: %w", err)
	}
	diffID, err := a.Layer.DiffID()
	if err != nil {
		return fmt.Errorf("reading its diffID: %w", err)
	}
	mt, err := fam.translate(desc.MediaType)
	if err != nil {
		return err
	}
	layer, err := retype(a.Layer, mt)
	if err != nil {
		return fmt.Errorf("reading its media type: %w", err)
	}
	i.adds = append(i.adds, layer)
	i.manifest.Layers = append(i.manifest.Layers, v1.Descriptor{
		MediaType: mt, Size: desc.Size, Digest: desc.Digest, Annotations: a.annotations(desc, fam),
	})
	i.config.RootFS.DiffIDs = append(i.config.RootFS.DiffIDs, diffID)
	i.config.History = append(i.config.History, v1.History{
		Created: i.config.Created, CreatedBy: a.CreatedBy, Comment: a.Comment,
	})
	return nil
}

// annotations are those of the layer's descriptor in a manifest of the family.
// What another image has said of the layer says nothing of this one.
func (a Addition) annotations(desc *v1.Descriptor, fam family) map[string]string {
	own := map[string]string{}
	for name, value := range desc.Annotations {
		if name != AnnotationLayerKey {
			own[name] = value
		}
	}
	if a.Key != "" && fam.manifest == types.OCIManifestSchema1 {
		own[AnnotationLayerKey] = a.Key
	}
	if len(own) == 0 {
		return nil
	}
	return own
}

// encode fixes the bytes of configuration and manifest.
func (i *assembled) encode(fam family, h *Healthcheck) error {
	var err error
	if i.rawConfig, err = encodeConfig(i.config, h); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	i.manifest.Config = v1.Descriptor{
		MediaType: fam.config, Size: int64(len(i.rawConfig)), Digest: digestOf(i.rawConfig),
	}
	if i.rawManifest, err = json.Marshal(i.manifest); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	i.digest = digestOf(i.rawManifest)
	return nil
}
