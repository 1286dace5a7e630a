package modelpack

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/layers"
)

// The media types and annotations of the specification (specs-go/v1).
const (
	ArtifactType = "application/vnd.cncf.model.manifest.v1+json"
	configType   = "application/vnd.cncf.model.config.v1+json"

	weightType       = "application/vnd.cncf.model.weight.v1.raw"
	weightConfigType = "application/vnd.cncf.model.weight.config.v1.raw"
	docType          = "application/vnd.cncf.model.doc.v1.raw"
	codeType         = "application/vnd.cncf.model.code.v1.raw"

	annotationPath = "org.cncf.model.filepath"
)

// maxFiles bounds the files of a model: registries bound manifests, and each file
// takes some 250 bytes of one.
const maxFiles = 1000

// file is a file of a model.
type file struct {
	desc v1.Descriptor
	open func() (io.ReadCloser, error)
}

// Artifact is a model as an artifact.
type Artifact struct {
	// Image is what is pushed.
	Image v1.Image
	// Name is the model's.
	Name string
	// Digest is that of the manifest, Size the sum of its blobs in bytes.
	Digest v1.Hash
	Size   int64
}

// Options say what the artifact tells of the model beside its files.
type Options struct {
	// Name is what it is called.
	Name string
	// To is where its files are in an image, relative to the root: a directory,
	// or the path of the only file.
	To string
	// Created is the time that it gives.
	Created time.Time
}

// New makes an artifact of a model's entries, which have their SHA-256, in their
// order; directories mean nothing. Links are an error.
func New(entries []layers.Entry, opt Options) (*Artifact, error) {
	a := &artifact{}
	for _, e := range entries {
		switch {
		case e.Mode.IsDir():
			continue
		case !e.Mode.IsRegular():
			return nil, fmt.Errorf("%q is a link, which a model's artifact can't have", e.Path)
		case len(a.files) == maxFiles:
			return nil, fmt.Errorf("it has more than %d files", maxFiles)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(e.Path, opt.To), "/")
		name = cmp.Or(name, path.Base(e.Path))
		a.files = append(a.files, file{open: e.Open, desc: v1.Descriptor{
			MediaType: typeOf(name), Size: e.Size, Digest: v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(e.SHA256)},
			Annotations: map[string]string{annotationPath: name},
		}})
	}
	if len(a.files) == 0 {
		return nil, errors.New("it has no files")
	}
	return a.finish(opt)
}

// typeOf is the media type of a file.
func typeOf(name string) types.MediaType {
	base := strings.ToLower(path.Base(name))
	switch ext := path.Ext(base); {
	case slices.Contains([]string{".json", ".yaml", ".yml", ".toml", ".txt", ".jinja"}, ext) && !strings.HasPrefix(base, "license"):
		return weightConfigType
	case ext == ".md" || ext == ".rst" || strings.HasPrefix(base, "license") || strings.HasPrefix(base, "readme"):
		return docType
	case ext == ".py" || ext == ".sh":
		return codeType
	}
	return weightType
}

// artifact implements [partial.CompressedImageCore].
type artifact struct {
	files                  []file
	rawConfig, rawManifest []byte
}

// finish writes configuration (schema/config-schema.json) and manifest.
func (a *artifact) finish(opt Options) (*Artifact, error) {
	out := &Artifact{Name: opt.Name}
	m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: ArtifactType}
	diffIDs := make([]string, 0, len(a.files))
	format := ""
	for _, f := range a.files {
		m.Layers = append(m.Layers, f.desc)
		diffIDs = append(diffIDs, f.desc.Digest.String())
		out.Size += f.desc.Size
		if f.desc.MediaType == weightType {
			format = cmp.Or(format, strings.TrimPrefix(path.Ext(f.desc.Annotations[annotationPath]), "."))
		}
	}
	config := map[string]any{
		"descriptor": map[string]string{"name": opt.Name, "createdAt": opt.Created.UTC().Format(time.RFC3339)},
		"config":     map[string]string{},
		"modelfs":    map[string]any{"type": "layers", "diffIds": diffIDs},
	}
	if format != "" {
		config["config"] = map[string]string{"format": format}
	}
	var err error
	if a.rawConfig, err = json.Marshal(config); err != nil {
		return nil, fmt.Errorf("writing the model's configuration: %w", err)
	}
	digest, size, err := v1.SHA256(bytes.NewReader(a.rawConfig))
	if err != nil {
		return nil, err
	}
	m.Config = v1.Descriptor{MediaType: configType, Size: size, Digest: digest}
	if a.rawManifest, err = json.Marshal(m); err != nil {
		return nil, fmt.Errorf("writing the model's manifest: %w", err)
	}
	if out.Digest, _, err = v1.SHA256(bytes.NewReader(a.rawManifest)); err != nil {
		return nil, err
	}
	out.Image, err = partial.CompressedToImage(a)
	return out, err
}

func (a *artifact) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }
func (a *artifact) RawManifest() ([]byte, error)        { return a.rawManifest, nil }
func (a *artifact) RawConfigFile() ([]byte, error)      { return a.rawConfig, nil }

func (a *artifact) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	for _, f := range a.files {
		if f.desc.Digest == h {
			return blob(f), nil
		}
	}
	return nil, fmt.Errorf("the model has no file %s", h)
}

// blob is a file as a layer. Whoever receives it checks the digest, as registries
// do.
type blob file

func (b blob) Digest() (v1.Hash, error)            { return b.desc.Digest, nil }
func (b blob) Size() (int64, error)                { return b.desc.Size, nil }
func (b blob) MediaType() (types.MediaType, error) { return b.desc.MediaType, nil }
func (b blob) Compressed() (io.ReadCloser, error) {
	if b.open == nil {
		return io.NopCloser(bytes.NewReader(nil)), nil
	}
	return b.open()
}
