package embeddedbase

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/manifest"
)

// layoutFS holds what gen wrote: the image of the zero [Options].
//
//go:embed layout
var layoutFS embed.FS

// Open opens the image that is built into the program.
func Open() (v1.Image, error) {
	sub, err := fs.Sub(layoutFS, "layout")
	if err != nil {
		return nil, fmt.Errorf("opening the built-in base: %w", err)
	}
	img, err := manifest.ReadLayoutFS(sub, "", v1.Platform{})
	if err != nil {
		return nil, fmt.Errorf("opening the built-in base: %w", err)
	}
	return img, nil
}

// WriteLayout writes the built-in image to an OCI layout in dir, under the
// tag "latest".
func WriteLayout(ctx context.Context, dir string) error {
	img, err := Open()
	if err != nil {
		return err
	}
	return manifest.WriteLayout(ctx, dir, img, manifest.LayoutOptions{Tag: "latest"})
}
