package trust

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/modelpack"
	"github.com/assemble-image/assemble/internal/registry"
)

// ErrModel says that a model that an image names isn't there, or is none.
var ErrModel = errors.New("a model that the image names can't be had")

// maxModelConfig bounds the configuration of a model in bytes.
const maxModelConfig = 4 << 20

// Models checks the models that the annotations of a verified image name, in its
// repository: each manifest is the one of that digest, and has all of its blobs,
// whose contents are the registry's to check. An index names none. The error wraps
// [ErrModel] where one can't be had.
func Models(ctx context.Context, reg *registry.Client, image name.Digest) ([]modelpack.Reference, error) {
	mt, annotations, err := imageAnnotations(ctx, reg, image)
	if err != nil || !mt {
		return nil, err
	}
	list, err := modelpack.Named(annotations)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	for _, m := range list {
		if err := checkModel(ctx, reg, image.Context(), m); err != nil {
			return nil, fmt.Errorf("%w: %q: %w", ErrModel, m.Name, err)
		}
	}
	return list, nil
}

// imageAnnotations returns those of an image; false where the digest is an
// index's.
func imageAnnotations(ctx context.Context, reg *registry.Client, image name.Digest) (bool, map[string]string, error) {
	desc, _, err := reg.Descriptor(ctx, image.Name())
	if err != nil || !desc.MediaType.IsImage() {
		return false, nil, err
	}
	m, err := reg.ArtifactManifest(ctx, image)
	if err != nil {
		return false, nil, err
	}
	return true, m.Annotations, nil
}

// checkModel reads a model's manifest and configuration, and the first byte of
// each file.
func checkModel(ctx context.Context, reg *registry.Client, repo name.Repository, m modelpack.Reference) error {
	artifact, err := reg.ArtifactManifest(ctx, repo.Digest(m.Digest.String()))
	if err != nil {
		return err
	}
	if artifact.ArtifactType != modelpack.ArtifactType {
		return fmt.Errorf("%s is no model: its type is %q", m.Digest, artifact.ArtifactType)
	}
	if _, err := reg.SmallBlob(ctx, repo, artifact.Config, maxModelConfig); err != nil {
		return err
	}
	for _, d := range artifact.Layers {
		if err := hasBlob(ctx, reg, repo, d); err != nil {
			return err
		}
	}
	return nil
}

func hasBlob(ctx context.Context, reg *registry.Client, repo name.Repository, d v1.Descriptor) (err error) {
	in, err := reg.LayerAt(repo, d, v1.Hash{}).CompressedContext(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // most of it isn't read
	if _, err = io.ReadFull(in, make([]byte, 1)); errors.Is(err, io.EOF) && d.Size == 0 {
		err = nil
	}
	return err
}
