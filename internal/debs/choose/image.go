package choose

import (
	"context"
	"io/fs"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/ground"
	"github.com/assemble-image/assemble/internal/debs/root"
)

// Root returns the root file system of a base image for [Lock]: what dpkg and
// apt have in it. Its layers are read, unless opt's store knows its files.
func Root(ctx context.Context, img v1.Image, opt base.FactsOptions) (fs.FS, error) {
	files, err := base.ReadFiles(ctx, img, opt)
	if err != nil {
		return nil, err
	}
	return RootOf(ctx, files)
}

// RootOf is [Root] of files that were read already.
func RootOf(ctx context.Context, files *base.Files) (fs.FS, error) {
	r, err := ground.Root(ctx, files, root.Options{})
	if err != nil {
		return nil, err
	}
	return ground.FS(r), nil
}
