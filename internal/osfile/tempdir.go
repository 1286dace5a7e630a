package osfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The names of what lies below the directory for temporary files begin so.
const (
	runPrefix  = "assemble-run-"
	filePrefix = "assemble-tmp-"
)

// ErrNoTemp reports that there is no place for temporary files.
var ErrNoTemp = errors.New("no directory for temporary files can be used")

// TempDir is a directory for the temporary files of one run. It is locked as
// long as the process lives, so one that can be locked was left by a process
// that was killed.
type TempDir struct {
	path string
	held *os.File
	// Skipped says why what $TMPDIR names isn't used, nil where it is.
	Skipped error
}

// NewTempDir makes a directory that only this user may look into, in the
// first place that takes one: [os.TempDir], then /tmp and /var/tmp. The error
// names all of them. What killed runs have left in that place is removed
// before.
//
// The directory itself is what is locked: a lock in a file inside would leave
// a moment in which a sweep takes a new directory for a leftover. So do the
// cleaners of /tmp that leave locked directories alone (tmpfiles.d(5)).
func NewTempDir() (*TempDir, error) {
	d := &TempDir{}
	skipped, err := firstPlace(func(place string) error {
		sweepRuns(place)
		return d.make(place)
	})
	if err != nil {
		return nil, err
	}
	d.Skipped = skipped
	return d, nil
}

// Path returns the directory's path.
func (d *TempDir) Path() string { return d.path }

// Remove removes the directory and all that is in it.
func (d *TempDir) Remove() error {
	if renamesOpen { // the lock is kept until nothing is left to be swept
		return errors.Join(os.RemoveAll(d.path), d.held.Close())
	}
	return errors.Join(d.held.Close(), os.RemoveAll(d.path))
}

// make makes and locks the directory. Between the two, a sweep may remove it;
// then another is made.
func (d *TempDir) make(place string) error {
	for range maxTemps {
		path, err := os.MkdirTemp(place, runPrefix)
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return errors.Join(err, os.Remove(path))
		}
		// Where there are no locks, nobody sweeps.
		if err := TryLock(f); !errors.Is(err, ErrLocked) && IsAt(f, path) {
			d.path, d.held = path, f
			return nil
		}
		_ = f.Close() // read only
	}
	return errors.New("each temporary directory was removed")
}

// NewTempFile returns a file without a name, where the system allows that, in
// the first place that takes one, as by [NewTempDir]. Closing it removes it.
func NewTempFile() (*TempFile, error) {
	t := &TempFile{}
	_, err := firstPlace(func(place string) error {
		f, err := os.CreateTemp(place, filePrefix)
		if err != nil {
			return err
		}
		t.File, t.named = f, os.Remove(f.Name()) != nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// TempFile is a file that lasts until it is closed.
type TempFile struct {
	*os.File
	named bool
}

// Close closes the file and removes it.
func (t *TempFile) Close() error {
	err := t.File.Close()
	if t.named {
		if rerr := os.Remove(t.Name()); !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}

// firstPlace calls do with each place for temporary files until one will do.
// It returns what was wrong with the first one, where that was passed over.
func firstPlace(do func(place string) error) (skipped, err error) {
	for i, place := range tempPlaces() {
		failed := do(place)
		if failed == nil {
			return skipped, nil
		}
		failed = fmt.Errorf("%q: %w", place, WithoutPath(failed))
		if i == 0 {
			skipped = failed
		}
		err = joinLine(err, failed)
	}
	return nil, fmt.Errorf("%w: %w", ErrNoTemp, err)
}

// joinLine is [errors.Join] on one line.
func joinLine(first, second error) error {
	if first == nil {
		return second
	}
	return fmt.Errorf("%w; %w", first, second)
}

// tempPlaces are the directories in which temporary files may lie, the one that
// the user names first.
func tempPlaces() []string {
	places := []string{os.TempDir()}
	for _, p := range commonTemps {
		if !slices.Contains(places, p) {
			places = append(places, p)
		}
	}
	return places
}

// sweepRuns removes the directories and files that killed runs of this user
// left in place.
func sweepRuns(place string) {
	entries, err := os.ReadDir(place)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(place, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), runPrefix) && e.IsDir():
			removeUnlockedDir(path)
		case strings.HasPrefix(e.Name(), filePrefix) && e.Type().IsRegular():
			if fi, err := e.Info(); err == nil && isMine(fi) {
				RemoveUnlocked(path)
			}
		}
	}
}

// removeUnlockedDir removes a directory of this user's with all that is in it,
// unless somebody has locked it or there are no locks.
func removeUnlockedDir(path string) {
	f, err := os.OpenFile(path, os.O_RDONLY|NoFollow|NonBlock, 0)
	if err != nil {
		return
	}
	// The lock is held until the directory is gone.
	if fi, err := f.Stat(); err == nil && fi.IsDir() && isMine(fi) && TryLock(f) == nil && IsAt(f, path) {
		_ = os.RemoveAll(path) // what can't be removed may stay
	}
	_ = f.Close() // read only
}
