package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

const (
	partPrefix = ".assemble-"
	partSuffix = ".part"
	fromSuffix = ".from"
	// partLife is how long a part is kept that nobody writes to.
	partLife = 7 * 24 * time.Hour
	// maxFrom bounds what is read of a part's origin, in bytes.
	maxFrom = 16 << 10
)

// part is a file of which the beginning is there. It holds the lock on it.
type part struct {
	f    *os.File
	path string
	size int64
	sum  *digester // of what is there
	// address and validator say which version of which file it is a part of;
	// both are empty where that isn't known.
	address, validator string
	// mixed says that not all of it came in one answer.
	mixed bool
}

// partPath returns where the part of a wheel lies that has one of the digests.
func (f *fetcher) partPath(name string, want digests) string {
	sum := sha256.Sum256([]byte(name + "\n" + strings.Join(want, "\n")))
	return filepath.Join(f.opt.Dir, partPrefix+hex.EncodeToString(sum[:16])+partSuffix)
}

// openPart opens a part, made where there is none, and waits for others that
// write to it. It computes what it takes to hold the file to want.
func openPart(ctx context.Context, path string, want digests) (*part, error) {
	// Without locks, as on some network file systems, the hash still tells
	// whether two have written to one part.
	f, err := osfile.OpenLocked(path, 0o644, func(f *os.File) error { return osfile.Lock(ctx, f) })
	if err != nil {
		return nil, err
	}
	p := &part{f: f, path: path, sum: newDigester(want)}
	if err := p.load(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return p, nil
}

// load hashes what an earlier run left.
func (p *part) load() error {
	var err error
	if p.size, err = io.Copy(p.sum, p.f); err != nil {
		return err
	}
	if p.mixed = p.size > 0; !p.mixed {
		return nil
	}
	fi, err := os.Lstat(p.fromPath())
	if known := err == nil && fi.Mode().IsRegular(); !known {
		return nil
	}
	if f, err := os.OpenFile(p.fromPath(), os.O_RDONLY|osfile.NoFollow|osfile.NonBlock, 0); err == nil {
		b, err := io.ReadAll(io.LimitReader(f, maxFrom))
		if err = errors.Join(err, f.Close()); err == nil {
			p.address, p.validator, _ = strings.Cut(strings.TrimSuffix(string(b), "\n"), "\n")
		}
	}
	return nil
}

func (p *part) fromPath() string { return strings.TrimSuffix(p.path, partSuffix) + fromSuffix }

// reset throws away what is there.
func (p *part) reset() error {
	p.size, p.mixed, p.address, p.validator = 0, false, "", ""
	p.sum.reset()
	if _, err := p.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return p.f.Truncate(0)
}

// from notes where the part comes from. It is only good for sparing a
// download, so that a failure does no harm.
func (p *part) from(address, validator string) {
	sum := sha256.Sum256([]byte(address)) // it may hold a signature
	p.address, p.validator = hex.EncodeToString(sum[:]), ""
	if !strings.Contains(validator, "\n") {
		p.validator = validator
	}
	// What lies there may be another's link to a file of ours: it is replaced.
	_ = os.Remove(p.fromPath())
	f, err := os.OpenFile(p.fromPath(), os.O_WRONLY|os.O_CREATE|os.O_EXCL|osfile.NoFollow, 0o644)
	if err != nil {
		return
	}
	_, _ = f.WriteString(p.address + "\n" + p.validator + "\n")
	_ = f.Close()
}

// validatorFor returns what identifies the version of the file at that address
// of which there is a part, "" where that isn't known.
func (p *part) validatorFor(address string) string {
	sum := sha256.Sum256([]byte(address))
	if p.address != hex.EncodeToString(sum[:]) {
		return ""
	}
	return p.validator
}

// Write appends to the part.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.f.Write(b)
	_, _ = p.sum.Write(b[:n])
	p.size += int64(n)
	if err != nil {
		return n, &localError{err}
	}
	return n, nil
}

// commit gives the whole file its name.
func (p *part) commit(path string, modified time.Time) error {
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
	if err := os.Rename(p.path, path); err != nil {
		return err
	}
	return p.forget()
}

// remove throws the part away.
func (p *part) remove() error { return errors.Join(os.Remove(p.path), p.forget()) }

func (p *part) forget() error {
	if err := os.Remove(p.fromPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// close gives the lock back. A part without content is removed.
func (p *part) close() error {
	var err error
	if p.size == 0 && osfile.IsAt(p.f, p.path) {
		err = p.remove()
	}
	return errors.Join(err, p.f.Close())
}

// sweep removes parts that nobody wrote to for long. What can't be removed may
// stay.
func (f *fetcher) sweep() {
	list, err := os.ReadDir(f.opt.Dir)
	if err != nil {
		return
	}
	for _, file := range list {
		name := file.Name()
		if !strings.HasPrefix(name, partPrefix) || !strings.HasSuffix(name, partSuffix) && !strings.HasSuffix(name, fromSuffix) {
			continue
		}
		if fi, err := file.Info(); err == nil && fi.Mode().IsRegular() && time.Since(fi.ModTime()) > partLife {
			_ = os.Remove(filepath.Join(f.opt.Dir, name))
		}
	}
}

// syncDir makes the new names last.
func (f *fetcher) syncDir() error {
	if err := osfile.SyncDir(f.opt.Dir); err != nil {
		return fmt.Errorf("syncing the wheelhouse: %w", err)
	}
	return nil
}
