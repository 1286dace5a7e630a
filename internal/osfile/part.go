package osfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Sum is a hash of what a [Part] has; every [hash.Hash] is one.
type Sum interface {
	io.Writer
	Reset()
}

// Part is a file of which the beginning is there, as of a download that broke
// off in this run or in an earlier one. It holds the lock on it.
type Part struct {
	f    *os.File
	path string
	size int64
	sum  Sum
}

// OpenPart opens the part at path, made where there is none, and waits for
// others that write to it, unless ctx ends. What is there goes into the sum.
// Symbolic links aren't followed.
//
// Without locks, as on some network file systems, the sum still tells whether
// two have written to one part.
func OpenPart(ctx context.Context, path string, sum Sum) (*Part, error) {
	f, err := OpenLocked(path, 0o644, func(f *os.File) error { return Lock(ctx, f) })
	if err != nil {
		return nil, err
	}
	p := NewPart(f, path, sum)
	if p.size, err = io.Copy(sum, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return p, nil
}

// NewPart is the part of a file that is open, empty and locked by the caller.
func NewPart(f *os.File, path string, sum Sum) *Part { return &Part{f: f, path: path, sum: sum} }

// Size is how many bytes are there.
func (p *Part) Size() int64 { return p.size }

// Reset throws away what is there.
func (p *Part) Reset() error {
	p.size = 0
	p.sum.Reset()
	if _, err := p.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return p.f.Truncate(0)
}

// Write appends to the part.
func (p *Part) Write(b []byte) (int, error) {
	n, err := p.f.Write(b)
	_, _ = p.sum.Write(b[:n]) // which is in memory
	p.size += int64(n)
	return n, err
}

// Commit brings the whole file to the disk and gives it its name, and the time
// of its last modification unless that is zero.
func (p *Part) Commit(path string, modified time.Time) error {
	if fi, err := p.f.Stat(); err != nil || fi.Size() != p.size {
		return errors.Join(fmt.Errorf("%q is not what was written to it", p.path), err)
	}
	if err := p.f.Sync(); err != nil {
		return err
	}
	if !modified.IsZero() {
		if err := os.Chtimes(p.path, modified, modified); err != nil {
			return err
		}
	}
	return os.Rename(p.path, path)
}

// Remove throws the part away.
func (p *Part) Remove() error { return os.Remove(p.path) }

// Close gives the lock back. A part without content is removed; emptied reports
// that it was.
func (p *Part) Close() (emptied bool, err error) {
	if p.size == 0 && IsAt(p.f, p.path) {
		emptied = true
		err = p.Remove()
	}
	return emptied, errors.Join(err, p.f.Close())
}

// PartLife is how long a part is kept that nobody writes to.
const PartLife = 7 * 24 * time.Hour

// SweepParts removes files of a directory that are parts by their names and that
// nobody wrote to for [PartLife]. What can't be removed may stay.
func SweepParts(dir string, isPart func(name string) bool) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, file := range list {
		if !isPart(file.Name()) {
			continue
		}
		if fi, err := file.Info(); err == nil && fi.Mode().IsRegular() && time.Since(fi.ModTime()) > PartLife {
			_ = os.Remove(filepath.Join(dir, file.Name()))
		}
	}
}
