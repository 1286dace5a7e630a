package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

const (
	bufferSize = 256 << 10
	// headway is by how much a file must have grown for the failures before it
	// not to count any more, in bytes: what drips brings it no further.
	headway = 1 << 20
)

// part is a package of which the beginning is there. It holds the lock on it.
type part struct {
	f    *os.File
	size int64
	sum  hash.Hash // of what is there
	// pieced says that not all of it came in one answer.
	pieced bool
}

// openPart opens a part, made where there is none, and waits for others that
// write to it.
func (f *fetcher) openPart(ctx context.Context, d *Deb) (*part, error) {
	path := filepath.Join(f.opt.Dir, fmt.Sprintf(".assemble-%x.part", d.SHA256[:16]))
	file, err := osfile.OpenLocked(path, 0o644, func(f *os.File) error { return osfile.Lock(ctx, f) })
	if err != nil {
		return nil, err
	}
	p := &part{f: file, sum: sha256.New()}
	if p.size, err = io.Copy(p.sum, reader{ctx, file}); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	p.pieced = p.size > 0
	return p, nil
}

// reset throws away what is there.
func (p *part) reset() error {
	p.size, p.pieced = 0, false
	p.sum.Reset()
	if _, err := p.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return p.f.Truncate(0)
}

// fetch downloads a package from the first archive that has it.
func (f *fetcher) fetch(ctx context.Context, d *Deb) (_ Fetched, err error) {
	p, err := f.openPart(ctx, d)
	if err != nil {
		return Fetched{}, writing(d, err)
	}
	defer func() { err = errors.Join(err, p.f.Close()) }()
	path := filepath.Join(f.opt.Dir, d.file())
	if src, err := f.identify(ctx, path); err == nil && src.SHA256 == d.SHA256 {
		return Fetched{Deb: d, Source: src}, errors.Join(os.Remove(p.f.Name())) // another process had it in work
	}
	var failures []error
	for i, archive := range d.Archives {
		received, err := f.from(ctx, d, p, archive)
		if err == nil {
			return f.commit(ctx, d, p, path, received)
		}
		var local *localError
		if ctx.Err() != nil || errors.As(err, &local) {
			return Fetched{}, err
		}
		failures = append(failures, err)
		if i+1 < len(d.Archives) {
			f.opt.Progress(Event{Deb: d, Note: fmt.Sprintf("%v; trying %s", err, d.Archives[i+1])})
		}
	}
	if len(failures) == 0 {
		return Fetched{}, fmt.Errorf("package %q: the lock names no archive that has it", d.file())
	}
	return Fetched{}, errors.Join(failures...)
}

// localError is a failure of this machine's disk.
type localError struct{ error }

func (e *localError) Unwrap() error { return e.error }

func writing(d *Deb, err error) error {
	return &localError{fmt.Errorf("writing package %q: %w", d.file(), osfile.WithoutPath(err))}
}

// from makes tries until the part is the whole package, and returns how many
// bytes came. A file that came in pieces and is wrong gets one more try in one
// piece.
func (f *fetcher) from(ctx context.Context, d *Deb, p *part, archive string) (received int64, err error) {
	wait, before := f.opt.Backoff, p.size
	for n := 1; ; n++ {
		got, err := f.try(ctx, d, p, archive)
		received += got
		pieced := p.pieced
		if err == nil {
			if err = p.verify(d, archive); err == nil {
				return received, nil
			}
			if rerr := p.reset(); rerr != nil {
				return received, writing(d, rerr)
			}
			if pieced {
				continue
			}
			return received, err
		}
		var local *localError
		switch {
		case ctx.Err() != nil:
			return received, context.Cause(ctx)
		case errors.As(err, &local) || !f.opt.Temporary(err):
			return received, fmt.Errorf("fetching package %q from %s: %w", d.file(), archive, err)
		case p.size >= before+headway:
			n, wait, before = 1, f.opt.Backoff, p.size
		}
		if n >= f.opt.Tries {
			return received, fmt.Errorf("fetching package %q from %s: %w", d.file(), archive, err)
		}
		p.pieced = true
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return received, context.Cause(ctx)
		}
		wait *= 2
	}
}

// try makes one request for what lacks.
func (f *fetcher) try(ctx context.Context, d *Deb, p *part, archive string) (received int64, err error) {
	if p.size >= d.Size {
		if p.size == d.Size {
			return 0, nil
		}
		if err := p.reset(); err != nil {
			return 0, writing(d, err)
		}
	}
	rc, offset, err := f.opt.Open(ctx, archive, d.Filename, p.size)
	if err != nil {
		return 0, err
	}
	defer rc.Close()
	if offset != p.size {
		if err := p.reset(); err != nil {
			return 0, writing(d, err)
		}
		if offset != 0 {
			return 0, fmt.Errorf("it begins at byte %d", offset)
		}
	}
	buf := make([]byte, bufferSize)
	for {
		n, rerr := rc.Read(buf)
		if p.size+int64(n) > d.Size {
			return received, errors.Join(fmt.Errorf("it has more than %d bytes", d.Size), p.reset())
		}
		if _, err := p.f.Write(buf[:n]); err != nil {
			return received, writing(d, err)
		}
		p.sum.Write(buf[:n])
		p.size += int64(n)
		received += int64(n)
		f.opt.Progress(Event{Deb: d, Done: p.size, Total: d.Size})
		switch {
		case p.size == d.Size:
			return received, nil
		case errors.Is(rerr, io.EOF):
			return received, io.ErrUnexpectedEOF
		case rerr != nil:
			return received, rerr
		}
	}
}

// verify holds the whole part against the lock.
func (p *part) verify(d *Deb, archive string) error {
	e := &CorruptError{File: d.file(), Archive: archive, Want: d.SHA256}
	p.sum.Sum(e.Got[:0])
	if bytes.Equal(e.Got[:], e.Want[:]) {
		return nil
	}
	return e
}

// commit gives a whole part the package's name.
func (f *fetcher) commit(ctx context.Context, d *Deb, p *part, path string, received int64) (Fetched, error) {
	if err := p.f.Sync(); err != nil {
		return Fetched{}, writing(d, err)
	}
	if old, err := f.identify(ctx, path); err == nil {
		aside, err := setAside(path, old.SHA256)
		if err != nil {
			return Fetched{}, err
		}
		f.opt.Progress(Event{Deb: d, Note: fmt.Sprintf("%s isn't the lock's file; it is now %s", d.file(), aside)})
	}
	if err := os.Rename(p.f.Name(), path); err != nil {
		return Fetched{}, writing(d, err)
	}
	if err := osfile.SyncDir(f.opt.Dir); err != nil {
		return Fetched{}, writing(d, err)
	}
	src, err := f.identify(ctx, path)
	if err != nil {
		return Fetched{}, writing(d, err)
	}
	f.opt.Progress(Event{Deb: d, Done: d.Size, Total: d.Size})
	return Fetched{Deb: d, Source: src, Received: received}, nil
}
