package cache

import (
	"errors"
	"os"
	"path/filepath"
)

// How a lock is taken.
const (
	wait   = true
	noWait = false
)

var errLocked = errors.New("another process holds the lock")

// lockFile opens or makes the file path and locks it until it is closed. The
// error is errLocked where it is held by another and wait is false.
func lockFile(path string, wait bool) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, privateFile)
	if err != nil {
		return nil, err
	}
	if err := flock(f, wait); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// lock takes the lock between those who add files and those who prune.
func (c *Cache) lock(wait bool) (unlock func() error, err error) {
	f, err := lockFile(filepath.Join(c.dir, "lock"), wait)
	if err != nil {
		return nil, err
	}
	return f.Close, nil
}
