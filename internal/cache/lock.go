package cache

import (
	"os"
	"path/filepath"

	"github.com/assemble-image/assemble/internal/osfile"
)

// lockFile opens or makes the file path and locks it until it is closed: by
// [osfile.WaitLock], or by [osfile.TryLock], which fails with
// [osfile.ErrLocked] where another has it. Without locks, as on some network
// file systems, it goes on: sessions go by their age then, and a file that is
// pruned while it is being added is a miss later.
func lockFile(path string, lock func(*os.File) error) (*os.File, error) {
	return osfile.OpenLocked(path, privateFile, lock)
}

// lock takes the lock between those who add files and those who prune.
func (c *Cache) lock(lock func(*os.File) error) (unlock func() error, err error) {
	f, err := lockFile(filepath.Join(c.dir, "lock"), lock)
	if err != nil {
		return nil, err
	}
	return f.Close, nil
}
