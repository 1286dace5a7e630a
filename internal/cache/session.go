package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

const (
	tmpDir      = "tmp"
	sessionLock = "lock"

	// staleAfter is when a session's directory goes where locks can't tell
	// whether its owner still lives.
	staleAfter = time.Hour
)

// session is a directory for this process's temporary files. A lock held as
// long as the process lives marks it: unlike a process id, it means the same in
// every container that shares the cache, and no kill can leave it behind.
type session struct {
	mu   sync.Mutex
	dir  string
	held *os.File
	done bool
}

// create returns a new temporary file, and begins the session at the first one.
func (s *session) create(c *Cache) (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return nil, errors.New("the cache is closed")
	}
	if s.dir == "" {
		if err := s.begin(c); err != nil {
			return nil, err
		}
	}
	return os.CreateTemp(s.dir, "")
}

// begin makes the directory, and removes those whose owners are gone. A lock
// over all sessions keeps others from removing it before it is locked.
func (s *session) begin(c *Cache) (err error) {
	if err := c.root.Mkdir(tmpDir, privateDir); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if fi, err := c.root.Lstat(tmpDir); err != nil {
		return err
	} else if !fi.IsDir() {
		return fmt.Errorf("%q is not a directory", tmpDir)
	}
	all, err := lockFile(filepath.Join(c.dir, tmpDir, sessionLock), osfile.WaitLock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.Close()) }()
	removeStale(filepath.Join(c.dir, tmpDir), time.Now())
	dir, err := os.MkdirTemp(filepath.Join(c.dir, tmpDir), "")
	if err != nil {
		return err
	}
	held, err := lockFile(filepath.Join(dir, sessionLock), osfile.WaitLock)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	s.dir, s.held = dir, held
	return nil
}

// end removes the directory and lets go of the lock.
func (s *session) end() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
	if s.dir == "" {
		return nil
	}
	// The lock first: some platforms don't remove an open file.
	return errors.Join(s.held.Close(), os.RemoveAll(s.dir))
}

// owns tells whether path is directly in the session's directory.
func (s *session) owns(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dir != "" && !s.done && filepath.Dir(path) == s.dir && filepath.Base(path) != sessionLock
}

// removeStale removes the sessions below tmp whose owners are gone. The caller
// holds the lock over all sessions. What can't be removed stays for another day.
func removeStale(tmp string, now time.Time) (removed int) {
	dirs, err := os.ReadDir(tmp)
	if err != nil {
		return 0
	}
	for _, d := range dirs {
		if d.Name() == sessionLock {
			continue
		}
		path := filepath.Join(tmp, d.Name())
		if d.IsDir() && alive(path, d, now) {
			continue
		}
		if os.RemoveAll(path) == nil {
			removed++
		}
	}
	return removed
}

// alive tells whether the process that made the session still has it: by its
// lock, or by the directory's age where there are no locks.
func alive(path string, d fs.DirEntry, now time.Time) bool {
	f, err := os.OpenFile(filepath.Join(path, sessionLock), os.O_RDWR|os.O_CREATE|osfile.NoFollow|osfile.NonBlock, privateFile)
	if err != nil {
		return false
	}
	err = osfile.TryLock(f)
	if cerr := f.Close(); cerr != nil {
		return true
	}
	if errors.Is(err, errors.ErrUnsupported) {
		fi, err := d.Info()
		return err != nil || now.Sub(fi.ModTime()) < staleAfter
	}
	return errors.Is(err, osfile.ErrLocked)
}
