package ground

import (
	"context"
	"fmt"
	"io"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/root"
)

// Root returns the virtual root that a base is. Contents that the list doesn't
// have are read from the base's layers when they are asked for, under ctx. What
// is neither a directory, a regular file nor a symbolic link is left out:
// nothing in a package needs a base's devices.
func Root(ctx context.Context, files *base.Files, opt root.Options) (*root.Root, error) {
	r := root.New(opt)
	for _, f := range files.List() {
		if t := f.Mode.Type(); t != 0 && !f.Mode.IsDir() && f.Link == "" {
			continue
		}
		at := root.File{Path: f.Path, Mode: f.Mode, UID: f.UID, GID: f.GID, Link: f.Link, Size: f.Size, Data: f.Data}
		if f.Mode.IsRegular() && f.Data == nil {
			at.Open = func() (io.ReadCloser, error) { return files.Open(ctx, f) }
		}
		if err := r.Add(at); err != nil {
			return nil, fmt.Errorf("reading the base: %w", err)
		}
	}
	return r, nil
}
