//go:build !unix

package manifest

import (
	"context"
	"os"
)

// renameBeforeClose is off where an open file can't be renamed.
const renameBeforeClose = false

// tryLock never gets a lock on this platform, so that nothing is taken for a
// leftover. Two writers of one layout must not run at once here.
func tryLock(*os.File) (bool, error) { return false, nil }

// lock does nothing on this platform.
func lock(ctx context.Context, _ *os.File) error { return ctx.Err() }

// lockDir checks only that dir is there.
func lockDir(ctx context.Context, dir string) (*os.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return os.Open(dir)
}

// syncDir does nothing: directories can't be synced on this platform.
func syncDir(string) error { return nil }
