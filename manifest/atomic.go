package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/assemble-image/assemble/internal/osfile"
)

// writeWhole makes path appear with all of what write writes, or not at all.
// Whoever may read the directory may read what is in it, whatever the umask of
// the one who wrote it.
func writeWhole(path string, write func(io.Writer) error) error {
	return replace(path, write, osfile.Options{Mode: 0o644})
}

// writeOfMany is [writeWhole] for a file in a directory that is swept before and
// synced after all of them.
func writeOfMany(path string, write func(io.Writer) error) error {
	return replace(path, write, osfile.Options{Mode: 0o644, Batch: true})
}

func replace(path string, write func(io.Writer) error, opt osfile.Options) error {
	if err := osfile.Replace(path, write, opt); err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return nil
}

// lockDir locks a directory until the returned file is closed. Where there are
// no locks, two writers of one layout must not run at once.
func lockDir(ctx context.Context, dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := osfile.Lock(ctx, f); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
