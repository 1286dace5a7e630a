package cache

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

// touchAfter is how old a record's time of last use may grow before a use
// writes it down again. Coarse, so that a hit costs no write as a rule.
const touchAfter = time.Hour

// Get returns the data that was put under kind and key, or false. A damaged
// record is dropped, with a note.
func (c *Cache) Get(kind, key string) ([]byte, bool) {
	r := c.lookup(kind, key, typeData)
	if r == nil {
		return nil, false
	}
	return r.payload, true
}

// Prefix returns the first n bytes of the data that was put under kind and key
// (all of it if it has fewer), or false. They are not held against the record's
// SHA-256: this is for data whose beginning has a checksum of its own.
func (c *Cache) Prefix(kind, key string, n int) ([]byte, bool) {
	if c == nil {
		return nil, false
	}
	r := c.found(kind, key, typeData, func(f *os.File, size int64) (*record, error) {
		b, err := readStart(f, min(size, int64(fixedHeader+len(kind)+len(key)+n)))
		if err != nil {
			return nil, err
		}
		return parsePrefix(b, size)
	})
	if r == nil {
		return nil, false
	}
	return r.payload, true
}

// Has reports whether there is a record under kind and key, without reading it:
// Get may still find it damaged.
func (c *Cache) Has(kind, key string) bool {
	if c == nil {
		return false
	}
	fi, err := c.records.Lstat(name(kind, key))
	return err == nil && fi.Mode().IsRegular()
}

// File returns the path of the file that was added under kind and key, or
// false. Its size is checked, its content is not: whoever needs that hashes it
// while reading, and calls [Cache.Remove] on a mismatch. The file belongs to the
// cache; another process may prune it at any moment.
func (c *Cache) File(kind, key string) (string, bool) {
	r := c.lookup(kind, key, typeFile)
	if r == nil {
		return "", false
	}
	n := name(kind, key)
	if err := c.checkFile(n, r.payload); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.tell("dropping a damaged file from the cache: %s %q: %v", kind, key, err)
		}
		c.drop(n)
		return "", false
	}
	return filepath.Join(c.files.Name(), n), true
}

// Remove drops what is kept under kind and key, if anything.
func (c *Cache) Remove(kind, key string) {
	if c != nil {
		c.drop(name(kind, key))
	}
}

// lookup returns the record of kind and key if it is there, sound, and of the
// type typ; else nil.
func (c *Cache) lookup(kind, key string, typ byte) *record {
	if c == nil {
		return nil
	}
	return c.found(kind, key, typ, wholeRecord)
}

// parser reads a record out of its file, which has size bytes.
type parser func(f *os.File, size int64) (*record, error)

// found returns the record of kind and key as parse reads it, if it is there,
// sound, and of the type typ; else nil.
func (c *Cache) found(kind, key string, typ byte, parse parser) *record {
	n := name(kind, key)
	r, fi, err := c.read(n, parse)
	if err == nil && (r.kind != kind || r.key != key || r.typ != typ) {
		err = fmt.Errorf("%w: it belongs to another key", errDamaged)
	}
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, errDamaged):
		c.tell("dropping a damaged record from the cache: %s %q: %v", kind, key, err)
		c.drop(n)
		return nil
	default:
		c.tell("reading the cache: %s %q: %v", kind, key, err)
		return nil
	}
	if now := time.Now(); now.Sub(fi.ModTime()) > touchAfter || fi.ModTime().After(now) {
		// Where that fails, the record is merely pruned earlier.
		_ = c.records.Chtimes(n, time.Time{}, now)
	}
	return r
}

// read opens the record named n and has it parsed. The error wraps errDamaged
// where it should go.
func (c *Cache) read(n string, parse parser) (_ *record, _ fs.FileInfo, err error) {
	f, fi, err := openRegular(c.records, n)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if fi.Size() < int64(fixedHeader) || fi.Size() > int64(fixedHeader+maxKind+maxKey+maxRecord) {
		return nil, nil, fmt.Errorf("%w: %d bytes", errDamaged, fi.Size())
	}
	r, err := parse(f, fi.Size())
	return r, fi, err
}

// wholeRecord reads a record of size bytes.
func wholeRecord(f *os.File, size int64) (*record, error) {
	b, err := readStart(f, size)
	if err != nil {
		return nil, err
	}
	return parseRecord(b)
}

// readStart reads the first n bytes of a record. The error wraps errDamaged
// where there are fewer.
func readStart(f *os.File, n int64) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(f, b)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it is truncated", errDamaged)
	}
	return b, err
}

// errReplaced says that a file was replaced while it was being opened.
var errReplaced = errors.New("it was replaced in the meantime")

// maxReplaced is how often in a row that may happen before a record passes for
// one that isn't there. Many writers of one record may well do it twice.
const maxReplaced = 20

// openRegular opens the regular file n. An [os.Root] would follow a symbolic
// link that stays inside; here nothing but a regular file is taken, and a pipe is
// never waited for.
func openRegular(root *os.Root, n string) (f *os.File, fi fs.FileInfo, err error) {
	for range maxReplaced {
		if f, fi, err = openOnce(root, n); !errors.Is(err, errReplaced) {
			return f, fi, err
		}
	}
	return nil, nil, fmt.Errorf("%q: %w", n, fs.ErrNotExist)
}

func openOnce(root *os.Root, n string) (*os.File, fs.FileInfo, error) {
	want, err := root.Lstat(n)
	if err != nil {
		return nil, nil, err
	}
	if !want.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%w: not a regular file", errDamaged)
	}
	f, err := root.OpenFile(n, os.O_RDONLY|osfile.NonBlock, 0)
	if err != nil {
		return nil, nil, err
	}
	got, err := f.Stat()
	if err == nil && !os.SameFile(want, got) {
		// By another process, as a rule, or what was opened is a link's target.
		err = errReplaced
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, got, nil
}

// checkFile compares the file n with its record.
func (c *Cache) checkFile(n string, payload []byte) error {
	want, err := parseFileInfo(payload)
	if err != nil {
		return err
	}
	fi, err := c.files.Lstat(n)
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() {
		return fmt.Errorf("%w: not a regular file", errDamaged)
	}
	if fi.Size() != want.size {
		return fmt.Errorf("%w: %d bytes, not %d", errDamaged, fi.Size(), want.size)
	}
	return nil
}

// drop removes the record n and its file. The record goes first: without it
// the file is never found. What can't be removed is found damaged again.
func (c *Cache) drop(n string) {
	_ = c.records.RemoveAll(n)
	_ = c.files.RemoveAll(n)
}
