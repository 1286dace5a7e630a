package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"path/filepath"
	"time"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/layers"
)

// isPackage reports whether the locked package lies at the path.
func (f *fetcher) isPackage(path string, p *lockfile.Package) bool {
	file, fi, err := osfile.OpenRegular(path)
	if err != nil {
		return false
	}
	defer file.Close() //nolint:errcheck // it was only read
	if fi.Size() != p.Size {
		return false
	}
	src := layers.Describe(path, fi)
	if f.opt.Digests != nil {
		if sum, ok := f.opt.Digests.Lookup(src); ok {
			return hex.EncodeToString(sum[:]) == p.SHA256
		}
	}
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return false
	}
	copy(src.SHA256[:], h.Sum(nil))
	if f.opt.Digests != nil {
		_ = f.opt.Digests.Save(src) // then it is hashed again
	}
	return hex.EncodeToString(src.SHA256[:]) == p.SHA256
}

// part is a package of which the beginning is there.
type part struct {
	*osfile.Part
	want *lockfile.Package
	sum  hash.Hash
	// mixed says that not all of it came in one answer.
	mixed bool
}

// openPart opens a part, made where there is none, and waits for others that
// write to it.
func openPart(ctx context.Context, path string, p *lockfile.Package) (*part, error) {
	sum := sha256.New()
	opened, err := osfile.OpenPart(ctx, path, sum)
	if err != nil {
		return nil, err
	}
	out := &part{Part: opened, want: p, sum: sum, mixed: opened.Size() > 0}
	if opened.Size() > p.Size {
		if err := out.reset(); err != nil {
			return nil, errors.Join(err, out.close())
		}
	}
	return out, nil
}

// reset throws away what is there.
func (p *part) reset() error {
	p.mixed = false
	return p.Reset()
}

// verify holds the whole part against the lock.
func (p *part) verify(name, from string) error {
	if got := hex.EncodeToString(p.sum.Sum(nil)); p.Size() != p.want.Size || got != p.want.SHA256 {
		return &CorruptError{File: name, From: from, Reason: fmt.Sprintf("it has %d bytes and the SHA-256 %s, not %d and %s", p.Size(), got, p.want.Size, p.want.SHA256)}
	}
	return nil
}

func (p *part) close() error {
	_, err := p.Close()
	return err
}

func fileURI(abs string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}).String()
}

// reportInterval is how often progress is told for a package.
const reportInterval = 100 * time.Millisecond

// from brings what is missing of a part from a place, and holds the whole
// against the lock. A package that came in pieces and is wrong gets one more
// try, in one piece: a piece may have been another's.
func (f *fetcher) from(ctx context.Context, p *part, at place, name string) (received int64, err error) {
	for {
		mixed := p.mixed
		n, err := f.complete(ctx, p, at, name)
		received += n
		if err != nil {
			return received, &Error{File: name, From: at.shown, err: err}
		}
		if err = p.verify(name, at.shown); err == nil {
			return received, nil
		}
		if rerr := p.reset(); rerr != nil {
			return received, rerr
		}
		if !mixed {
			return received, err
		}
	}
}

// complete appends what is missing, with further tries where they may help.
func (f *fetcher) complete(ctx context.Context, p *part, at place, name string) (received int64, err error) {
	tries := 0
	for p.Size() < p.want.Size {
		before := p.Size()
		n, err := f.try(ctx, p, at, name)
		received += n
		if err == nil {
			return received, nil
		}
		if p.Size() > before {
			tries = 0
		}
		tries++
		if err := f.opt.Client.Again(ctx, tries, err, func(note string) { f.opt.Progress(Event{File: name, Note: note}) }); err != nil {
			return received, err
		}
	}
	return received, nil
}

// try asks once for what is missing.
func (f *fetcher) try(ctx context.Context, p *part, at place, name string) (int64, error) {
	body, offset, err := f.opt.Client.OpenAt(ctx, at.root, at.name, p.Size(), at.byUser)
	if errors.Is(err, archive.ErrRange) {
		if err := p.reset(); err != nil {
			return 0, err
		}
		body, offset, err = f.opt.Client.OpenAt(ctx, at.root, at.name, 0, at.byUser)
	}
	if err != nil {
		return 0, err
	}
	defer body.Close()
	if offset != p.Size() { // the server sends all of it
		if err := p.reset(); err != nil {
			return 0, err
		}
	}
	p.mixed = p.mixed || p.Size() > 0
	var told time.Time
	meter := func(done int64) {
		if now := time.Now(); now.Sub(told) >= reportInterval {
			told = now
			f.opt.Progress(Event{File: name, Done: done, Total: p.want.Size})
		}
	}
	in := &counted{in: io.LimitReader(body, p.want.Size-p.Size()+1), tell: func() { meter(p.Size()) }}
	n, err := io.Copy(p, in)
	switch {
	case err != nil:
		return n, err
	case p.Size() > p.want.Size:
		return n, errors.Join(p.reset(), fmt.Errorf("it has more than the %d bytes that the lock gives it", p.want.Size))
	case p.Size() < p.want.Size:
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}

type counted struct {
	in   io.Reader
	tell func()
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.tell()
	return n, err
}
