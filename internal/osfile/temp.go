package osfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// TempPrefix begins the names of files that are still being written. Each is
// locked by its writer, so one that can be locked was left by a process that
// died.
const TempPrefix = ".assemble-"

// maxTempBase bounds, in bytes, what a temporary name takes over of the final
// one, so that it doesn't become too long itself.
const maxTempBase = 160

// tempPrefix returns how the temporary names of path begin.
func tempPrefix(path string) string {
	_, base := filepath.Split(path)
	for len(base) > maxTempBase {
		_, n := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-n]
	}
	return TempPrefix + base + "-"
}

// temp is a locked file that is being written.
type temp struct {
	f    *os.File
	name string // "" once there is nothing to remove
	open bool
}

// maxTemps is how often in a row a sweep may take a new file for a leftover.
const maxTemps = 100

// newTemp makes a temporary file for path. Between its making and its locking a
// sweep may remove it; then another is made.
func newTemp(path string) (*temp, error) {
	var err error
	for range maxTemps {
		f, cerr := os.CreateTemp(dirOf(path), tempPrefix(path)+"*")
		if cerr != nil {
			return nil, cerr
		}
		t := &temp{f: f, name: f.Name(), open: true}
		if err = TryLock(f); (err == nil || errors.Is(err, errors.ErrUnsupported)) && IsAt(f, t.name) {
			return t, nil
		}
		if derr := t.discard(); derr != nil {
			return nil, errors.Join(err, derr)
		}
		if err != nil && !errors.Is(err, ErrLocked) {
			return nil, err
		}
	}
	return nil, errors.Join(errors.New("each temporary file was removed"), err)
}

// Write implements io.Writer. The temporary name is nobody's concern.
func (t *temp) Write(b []byte) (int, error) {
	n, err := t.f.Write(b)
	return n, WithoutPath(err)
}

// Sync brings what was written so far to the disk.
func (t *temp) Sync() error { return WithoutPath(t.f.Sync()) }

// finish brings all that was written to the disk.
func (t *temp) finish(mode fs.FileMode) error {
	if err := t.f.Chmod(mode); err != nil {
		return err
	}
	return t.f.Sync()
}

// rename gives the file its name, and its lock back after that, so that no
// sweep takes it for a leftover.
func (t *temp) rename(path string) error {
	if !renamesOpen {
		if err := t.close(); err != nil {
			return err
		}
	}
	if err := os.Rename(t.name, path); err != nil {
		return err
	}
	t.name = ""
	return t.close()
}

// claim gives the file a name that nothing may have yet, where that can't be
// done in one step: it takes the name with an empty file, and replaces that.
func (t *temp) claim(path string) error {
	empty, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := empty.Close(); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	if err := t.rename(path); err != nil {
		if t.name != "" {
			err = errors.Join(err, os.Remove(path))
		}
		return err
	}
	return nil
}

func (t *temp) close() error {
	if !t.open {
		return nil
	}
	t.open = false
	return t.f.Close()
}

func (t *temp) remove() error {
	name := t.name
	if t.name = ""; name == "" {
		return nil
	}
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// discard closes the file and removes the temporary name, if that is still there.
func (t *temp) discard() error {
	if renamesOpen { // the lock is kept until nothing is left to be swept
		return errors.Join(t.remove(), t.close())
	}
	return errors.Join(t.close(), t.remove())
}

// Sweep removes what killed writers left in dir under names that begin with
// prefix, which begins with [TempPrefix] as a rule. Files that are still being
// written stay, however old, as do all where there are no locks. It is a
// service to the disk: what can't be removed may stay.
func Sweep(dir, prefix string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && e.Type().IsRegular() {
			RemoveUnlocked(filepath.Join(dir, e.Name()))
		}
	}
}

// sweepFor removes what killed writers of path left.
func sweepFor(path string) { Sweep(dirOf(path), tempPrefix(path)) }

// RemoveUnlocked removes a file, unless somebody has locked it or there are no
// locks, and reports whether it did.
func RemoveUnlocked(path string) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|NoFollow|NonBlock, 0)
	if err != nil {
		return false
	}
	// The lock is held until the name is gone: it may be the next one's.
	removed := TryLock(f) == nil && IsAt(f, path) && os.Remove(path) == nil
	_ = f.Close() // read only
	return removed
}
