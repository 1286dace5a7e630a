package cache

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assemble-image/assemble/internal/osfile"
)

// Put keeps data under kind and key. Callers need not act on its error: the
// first one is noted, and a cache that can't be written is as good as none. On
// a nil cache it does nothing.
func (c *Cache) Put(kind, key string, data []byte) error {
	if c == nil {
		return nil
	}
	return c.put(&record{typ: typeData, kind: kind, key: key, payload: data})
}

func (c *Cache) put(r *record) error {
	if err := r.check(); err != nil {
		return fmt.Errorf("caching %s %q: %w", r.kind, r.key, err)
	}
	if err := c.writeRecord(name(r.kind, r.key), r.marshal()); err != nil {
		return fmt.Errorf("caching %s %q: %w", r.kind, r.key, c.noteFailure("writing", err))
	}
	return nil
}

// writeRecord writes b to a temporary file and renames it. It doesn't sync: a
// record that a power cut tears fails its SHA-256 and is dropped.
func (c *Cache) writeRecord(n string, b []byte) (err error) {
	f, err := c.session.create(c)
	if err != nil {
		return err
	}
	tmp := f.Name()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(tmp, filepath.Join(c.records.Name(), n))
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	c.written.Add(int64(len(b)))
	return nil
}

// TempFile returns a new file in the cache, for [Cache.AddFile]. Whoever gives
// up removes it by its name; what is left is removed when the cache is closed,
// or by the next run where this one is killed.
func (c *Cache) TempFile() (*os.File, error) {
	if c == nil {
		return nil, ErrDisabled
	}
	if c.full.Load() {
		return nil, fmt.Errorf("making a temporary file in the cache: %w", ErrNoted)
	}
	f, err := c.session.create(c)
	if err != nil {
		return nil, fmt.Errorf("making a temporary file in the cache: %w", c.noteFailure("writing", err))
	}
	return f, nil
}

// WriteFailed says that a file by [Cache.TempFile] could not be written, as on a
// full disk: there will be no more of them. It returns the error as one of
// [ErrNoted].
func (c *Cache) WriteFailed(err error) error {
	if c == nil {
		return err
	}
	c.full.Store(true)
	return c.noteFailure("writing", err)
}

// AddFile moves the file tmpPath, made by [Cache.TempFile] and closed since,
// into the cache under kind and key, and returns where it lies now. The file is
// hashed and synced to the disk first. On an error it stays at tmpPath.
func (c *Cache) AddFile(kind, key, tmpPath string) (string, error) {
	if c == nil {
		return "", ErrDisabled
	}
	path, err := c.addFile(kind, key, tmpPath)
	if err != nil {
		return "", fmt.Errorf("caching %s %q: %w", kind, key, c.noteFailure("writing", err))
	}
	return path, nil
}

func (c *Cache) addFile(kind, key, tmpPath string) (path string, err error) {
	if !c.session.owns(tmpPath) {
		return "", fmt.Errorf("%q is not a temporary file of this cache", tmpPath)
	}
	info, err := seal(tmpPath)
	if err != nil {
		return "", err
	}
	// Alone, for the few system calls: a pruner would take the file that has
	// no record yet for a left-over, and another's record would not fit it.
	unlock, err := c.lock(osfile.WaitLock)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	n := name(kind, key)
	path = filepath.Join(c.files.Name(), n)
	// The old record goes first, so that it never stands beside the new file.
	if err := c.records.Remove(n); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.Rename(tmpPath, path); err != nil {
		return "", err
	}
	r := &record{typ: typeFile, kind: kind, key: key, payload: info.marshal()}
	if err := c.put(r); err != nil {
		return "", errors.Join(err, os.Rename(path, tmpPath))
	}
	c.written.Add(info.size)
	return path, nil
}

// seal hashes the file, syncs it, and takes away the right to write it.
func seal(path string) (_ fileInfo, err error) {
	fi, err := os.Lstat(path)
	if err != nil {
		return fileInfo{}, err
	}
	if !fi.Mode().IsRegular() {
		return fileInfo{}, &fs.PathError{Op: "open", Path: path, Err: fs.ErrInvalid}
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fileInfo{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return fileInfo{}, err
	}
	if err := f.Chmod(0o400); err != nil {
		return fileInfo{}, err
	}
	if err := f.Sync(); err != nil {
		return fileInfo{}, err
	}
	return fileInfo{size: n, sum: [sha256.Size]byte(h.Sum(nil))}, nil
}
