package manifest

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/uncompress"
)

// dockerLayerZstd is what BuildKit calls a zstd layer of a Docker manifest;
// neither Docker's specification nor ggcr lists it.
const dockerLayerZstd = uncompress.DockerLayerZstd

// family is a set of media types that belong together. Registries and
// runtimes refuse, or misread, a manifest that mixes two families.
type family struct {
	name          string
	manifest      types.MediaType
	index         types.MediaType
	config        types.MediaType
	gzip          types.MediaType
	plain         types.MediaType
	zstd          types.MediaType // empty where the family has none that is accepted widely
	foreign       types.MediaType // not to be given on by registries
	layerPrefixes []string
}

func ociFamily() family {
	return family{
		name: "OCI", manifest: types.OCIManifestSchema1, index: types.OCIImageIndex, config: types.OCIConfigJSON,
		gzip: types.OCILayer, plain: types.OCIUncompressedLayer, zstd: types.OCILayerZStd, foreign: types.OCIRestrictedLayer,
		layerPrefixes: []string{"application/vnd.oci.image.layer."},
	}
}

func dockerFamily() family {
	return family{
		name: "Docker", manifest: types.DockerManifestSchema2, index: types.DockerManifestList, config: types.DockerConfigJSON,
		gzip: types.DockerLayer, plain: types.DockerUncompressedLayer, foreign: types.DockerForeignLayer,
		layerPrefixes: []string{"application/vnd.docker.image.rootfs."},
	}
}

// Distributable reports whether a layer of the media type may be given on. The
// content of foreign layers (Docker's "foreign", OCI's "nondistributable"; see
// image-spec, layer.md) is to be had from the URLs in their descriptors alone:
// it is neither uploaded nor written to layouts, and only the descriptor is
// kept, as crane and skopeo do unless told otherwise.
func Distributable(mt types.MediaType) bool {
	return mt.IsDistributable() && !strings.HasPrefix(string(mt), "application/vnd.oci.image.layer.nondistributable.")
}

// LayerMediaType returns the media type that a gzip layer should have when it
// is put on base: the OCI one, or Docker's for a base of that kind.
func LayerMediaType(base v1.Image) (types.MediaType, error) {
	m, err := base.Manifest()
	if err != nil {
		return "", fmt.Errorf("reading the base's manifest: %w", err)
	}
	f, err := familyOf(base, m)
	if err != nil {
		return "", err
	}
	return f.gzip, nil
}

// familyOf tells which family base is of, and refuses a mixture.
func familyOf(base v1.Image, m *v1.Manifest) (family, error) {
	mt := m.MediaType
	if mt == "" { // OCI 1.0 manifests may leave it out
		var err error
		if mt, err = base.MediaType(); err != nil {
			return family{}, fmt.Errorf("reading the base's media type: %w", err)
		}
	}
	var f family
	switch mt {
	case types.OCIManifestSchema1:
		f = ociFamily()
	case types.DockerManifestSchema2:
		f = dockerFamily()
	default:
		return family{}, fmt.Errorf("the base's media type %q is not an image manifest's", mt)
	}
	if m.Config.MediaType != f.config {
		return family{}, fmt.Errorf("the base's configuration has media type %q, but its manifest requires %q", m.Config.MediaType, f.config)
	}
	for i, l := range m.Layers {
		if !f.owns(l.MediaType) {
			return family{}, fmt.Errorf("the base's layer %d has media type %q, which %s manifests don't allow", i+1, l.MediaType, f.name)
		}
	}
	return f, nil
}

func (f family) owns(mt types.MediaType) bool {
	for _, p := range f.layerPrefixes {
		if strings.HasPrefix(string(mt), p) {
			return true
		}
	}
	return false
}

// translate returns f's name for a layer's media type.
func (f family) translate(mt types.MediaType) (types.MediaType, error) {
	var to types.MediaType
	switch mt {
	case types.OCILayer, types.DockerLayer:
		to = f.gzip
	case types.OCIUncompressedLayer, types.DockerUncompressedLayer:
		to = f.plain
	case types.OCILayerZStd, dockerLayerZstd:
		to = f.zstd
	case types.OCIRestrictedLayer, types.DockerForeignLayer:
		to = f.foreign
	default:
	}
	if to == "" {
		return "", fmt.Errorf("media type %q has no equivalent in %s manifests", mt, f.name)
	}
	return to, nil
}

// retyped is a layer under another name of its media type.
type retyped struct {
	v1.Layer
	mediaType types.MediaType
}

var _ v1.Layer = (*retyped)(nil)

func (l *retyped) MediaType() (types.MediaType, error) { return l.mediaType, nil }

// retype returns the layer under the name, and itself where it has that.
func retype(l v1.Layer, to types.MediaType) (v1.Layer, error) {
	mt, err := l.MediaType()
	if err != nil || mt == to {
		return l, err
	}
	return &retyped{Layer: l, mediaType: to}, nil
}

// Unwrap returns the layer as it was given to [Assemble].
func (l *retyped) Unwrap() v1.Layer { return l.Layer }
