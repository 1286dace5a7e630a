package osfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// ErrLocked reports a lock that somebody else holds.
var ErrLocked = errors.New("another process holds the lock")

// How often a lock that somebody else holds is tried again.
const (
	firstPoll = 5 * time.Millisecond
	lastPoll  = 160 * time.Millisecond
)

// TryLock takes the advisory lock on an open file or directory. Closing the
// file ends the lock, as does the process's death, however it comes. The error
// is [ErrLocked] where somebody else has it, be it this process by another
// opening, and wraps [errors.ErrUnsupported] where the platform or the file
// system has no locks.
func TryLock(f *os.File) error { return flock(f, false) }

// WaitLock is [TryLock], but waits until it has the lock, in the order in which
// others came.
func WaitLock(f *os.File) error { return flock(f, true) }

// Lock is [TryLock], but waits until it has the lock or ctx ends. It asks again
// and again, since flock(2) can't be interrupted by a context.
func Lock(ctx context.Context, f *os.File) error {
	for pause := firstPoll; ; pause = min(2*pause, lastPoll) {
		if err := TryLock(f); !errors.Is(err, ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the lock on %q: %w", f.Name(), ctx.Err())
		case <-time.After(pause):
		}
	}
}

// OpenLocked opens the regular file at path for reading and writing, made with
// mode where there is none, and locks it by one of [TryLock], [WaitLock] and
// [Lock]. It returns a file to which path still leads when it is locked:
// whoever had the lock before may have renamed or removed his. Symbolic links
// aren't followed, and what isn't regular is refused with [ErrNotRegular].
//
// Where there are no locks, the file is returned all the same; who must know
// that calls [TryLock] instead.
func OpenLocked(path string, mode fs.FileMode, lock func(*os.File) error) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|NoFollow|NonBlock, mode)
		if err != nil {
			return nil, err
		}
		still, err := lockAt(f, path, lock)
		if err == nil && still {
			return f, nil
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
}

func lockAt(f *os.File, path string, lock func(*os.File) error) (still bool, err error) {
	fi, err := f.Stat()
	if err != nil {
		return false, err
	}
	if err := checkRegular(path, fi); err != nil {
		return false, err
	}
	if err := lock(f); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return false, err
	}
	if IsAt(f, path) {
		return true, nil
	}
	// Where NoFollow means nothing, a link never leads to the file itself.
	if fi, err = os.Lstat(path); err == nil && fi.Mode()&fs.ModeSymlink != 0 {
		return false, checkRegular(path, fi)
	}
	return false, nil // the next opening tells
}

// IsAt reports whether path, itself and not as a symbolic link, leads to the
// open file.
func IsAt(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(mine, there)
}
