package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// tempPrefix marks files that are still being written. Each is locked by its
// writer, so one that can be locked is left over from a process that died.
const tempPrefix = ".assemble-"

// writeAtomic makes path appear with all of what write writes, or not at
// all, whatever happens meanwhile. An existing file is replaced. Its
// directory is not synced; see [syncDir].
func writeAtomic(ctx context.Context, path string, write func(io.Writer) error) (err error) {
	f, err := createTemp(ctx, filepath.Dir(path), tempPrefix+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	tmp, closed := f.Name(), false
	defer func() {
		if err == nil {
			return
		}
		if !closed {
			err = errors.Join(err, f.Close())
		}
		if rerr := os.Remove(tmp); rerr != nil && !errors.Is(rerr, os.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		err = fmt.Errorf("writing %q: %w", path, err)
	}()
	if err := write(f); err != nil {
		return err
	}
	// Whoever may read the directory may read what is in it, whatever the
	// umask of the one who wrote it.
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if !renameBeforeClose {
		closed = true
		if err := f.Close(); err != nil {
			return err
		}
		return os.Rename(tmp, path)
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	closed = true
	return f.Close()
}

// createTemp makes a locked temporary file. Between its making and its
// locking a sweep may have removed it; then another is made.
func createTemp(ctx context.Context, dir, pattern string) (*os.File, error) {
	for {
		f, err := os.CreateTemp(dir, pattern)
		if err != nil {
			return nil, err
		}
		if err := lock(ctx, f); err != nil {
			return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
		mine, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
		if there, err := os.Lstat(f.Name()); err == nil && os.SameFile(mine, there) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// sweep removes what killed writers left in dir under names that begin with
// prefix. It is a service to the disk: failing to remove a file is no error.
func sweep(dir, prefix string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && e.Type().IsRegular() {
			removeIfLeft(filepath.Join(dir, e.Name()))
		}
	}
}

func removeIfLeft(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	if ok, err := tryLock(f); ok && err == nil {
		_ = os.Remove(path) // somebody else's sweep may have been first
	}
	_ = f.Close() // read only
}
