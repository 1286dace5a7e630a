package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/osfile"
)

const (
	partSuffix = ".part"
	// partLife is how long a part is kept that nobody writes to.
	partLife = 7 * 24 * time.Hour
)

// partsDir is where a cache's parts lie, beside what it manages itself.
func partsDir(c *cache.Cache) string { return filepath.Join(c.Dir(), "downloads") }

// part is a file of which the beginning is there. It holds the lock on it.
type part struct {
	f    *os.File
	path string
	size int64
	sum  hash.Hash
	// mixed says that not all of it came in one answer.
	mixed bool
	// failed is why it couldn't be written.
	failed error
}

// openPart opens a part, made where there is none, and waits for others that
// write to it.
func openPart(ctx context.Context, dir, key string) (*part, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, osfile.WithoutPath(err)
	}
	path := filepath.Join(dir, key+partSuffix)
	f, err := osfile.OpenLocked(path, 0o600, func(f *os.File) error { return osfile.Lock(ctx, f) })
	if err != nil {
		return nil, osfile.WithoutPath(err)
	}
	p := &part{f: f, path: path, sum: sha256.New()}
	if p.size, err = io.Copy(p.sum, f); err != nil {
		return nil, errors.Join(osfile.WithoutPath(err), f.Close())
	}
	p.mixed = p.size > 0
	return p, nil
}

func (p *part) digest() [sha256.Size]byte { return [sha256.Size]byte(p.sum.Sum(nil)) }

// reset throws away what is there.
func (p *part) reset() error {
	p.size, p.mixed = 0, false
	p.sum.Reset()
	_, err := p.f.Seek(0, io.SeekStart)
	p.failed = errors.Join(err, p.f.Truncate(0))
	return p.failed
}

// Write appends to the part.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.f.Write(b)
	_, _ = p.sum.Write(b[:n]) // a hash takes anything
	p.size += int64(n)
	if err != nil {
		p.failed = osfile.WithoutPath(err)
	}
	return n, p.failed
}

func (p *part) remove() error { return os.Remove(p.path) }

// close gives the lock back. A part without content is removed.
func (p *part) close() error {
	if p.f == nil {
		return nil
	}
	var err error
	if p.size == 0 && osfile.IsAt(p.f, p.path) {
		err = p.remove()
	}
	return errors.Join(err, p.f.Close())
}

// store gives the whole file to the cache, or the name path.
func (d *download) store(path string) (string, error) {
	p := d.part
	if err := p.f.Sync(); err != nil {
		return "", osfile.WithoutPath(err)
	}
	if d.opt.Cache != nil {
		if at, err := d.cache(); err == nil {
			return at, nil
		}
	}
	if moved := os.Rename(p.path, path) == nil; !moved { // it is another file system
		path = p.path
	}
	return path, nil
}

// cache moves the part into the cache, which tells of its failures itself.
func (d *download) cache() (string, error) {
	temp, err := d.opt.Cache.TempFile()
	if err != nil {
		return "", err
	}
	if err := temp.Close(); err != nil {
		return "", err
	}
	if err := os.Rename(d.part.path, temp.Name()); err != nil {
		return "", errors.Join(err, os.Remove(temp.Name()))
	}
	at, err := d.opt.Cache.AddFile(kind, hex.EncodeToString(d.want[:]), temp.Name())
	if err != nil {
		return "", errors.Join(err, os.Rename(temp.Name(), d.part.path))
	}
	return at, nil
}

// sweep removes parts that nobody wrote to for long. What can't be removed may
// stay.
func sweep(dir string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, file := range list {
		if fi, err := file.Info(); strings.HasSuffix(file.Name(), partSuffix) && err == nil && fi.Mode().IsRegular() && time.Since(fi.ModTime()) > partLife {
			_ = os.Remove(filepath.Join(dir, file.Name()))
		}
	}
}
