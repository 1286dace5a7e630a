package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/layers"
)

// identify returns a file with its SHA-256, which is looked up, or computed and
// saved.
func (f *fetcher) identify(ctx context.Context, path string) (_ *layers.Source, err error) {
	in, fi, err := osfile.OpenRegular(path)
	if err != nil {
		return nil, osfile.WithoutPath(err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	src := layers.Describe(path, fi)
	if digest, ok := f.opt.Lookup(src); ok {
		src.SHA256 = digest
		return src, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, reader{ctx, in}); err != nil {
		return nil, err
	}
	sum.Sum(src.SHA256[:0])
	_ = f.opt.Save(src) // without it the file is hashed again
	return src, nil
}

// setAside renames a file that has the name of a package but isn't it. Nothing
// that was there is lost: the digest is part of the new name.
func setAside(path string, digest [sha256.Size]byte) (string, error) {
	to := fmt.Sprintf("%s.%x", path, digest[:6])
	if err := os.Rename(path, to); err != nil {
		return "", fmt.Errorf("setting %q aside: %w", filepath.Base(path), osfile.WithoutPath(err))
	}
	return filepath.Base(to), nil
}

// reader ends with its context. It belongs to one copy.
type reader struct {
	ctx context.Context //nolint:containedctx // see above
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}
