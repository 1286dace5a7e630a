//go:build unix

package manifest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// renameBeforeClose keeps a temporary file's lock until it has its final
// name, so that no sweep takes it for a leftover.
const renameBeforeClose = true

// lockPoll is how often a lock that somebody else holds is tried again;
// flock(2) itself can't be interrupted by a context.
const lockPoll = 10 * time.Millisecond

// tryLock takes an advisory lock on f, which closing f ends, as does the
// process's death. It reports false when somebody else has it.
func tryLock(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		default:
			return false, fmt.Errorf("locking %q: %w", f.Name(), err)
		}
	}
}

// lock waits until it has the lock or ctx ends.
func lock(ctx context.Context, f *os.File) error {
	for {
		ok, err := tryLock(f)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the lock on %q: %w", f.Name(), ctx.Err())
		case <-time.After(lockPoll):
		}
	}
}

// lockDir locks a directory until the returned file is closed.
func lockDir(ctx context.Context, dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := lock(ctx, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// syncDir makes renames within dir durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
