package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/klauspost/compress/s2"

	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/xz"
)

const (
	// maxPacked and maxPlain bound a list of packages in bytes; Debian's largest
	// has 9 MB and 50 MB.
	maxPacked = 256 << 20
	maxPlain  = 1 << 30
	// maxCached bounds a distilled list in the cache, unpacked.
	maxCached = 512 << 20
)

// index returns a list of packages, from the cache if it knows its digest.
func (c *Client) index(ctx context.Context, s *Source, r *Release, l list, arch string) (*packages.Index, error) {
	if x, ok := c.cached(l, arch); ok {
		return x, nil
	}
	distilled, err := c.distilled(ctx, s, r, l, arch)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", l.path, err)
	}
	x, err := packages.Open(distilled)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", l.path, err)
	}
	if c.opt.Cache != nil {
		_ = c.opt.Cache.Put(kindIndex, l.key(arch), s2.Encode(nil, distilled)) // it says itself what goes wrong
	}
	return x, nil
}

// key is the list's key in the cache: what it says depends on its content
// alone.
func (l *list) key(arch string) string {
	if l.known {
		return arch + " " + l.whole.SHA256
	}
	return arch + " " + l.forms[0].SHA256
}

func (c *Client) cached(l list, arch string) (*packages.Index, bool) {
	if c.opt.Cache == nil {
		return nil, false
	}
	packed, ok := c.opt.Cache.Get(kindIndex, l.key(arch))
	if !ok {
		return nil, false
	}
	if n, err := s2.DecodedLen(packed); err != nil || n > maxCached {
		return nil, false
	}
	data, err := s2.Decode(nil, packed)
	if err != nil {
		return nil, false
	}
	x, err := packages.Open(data)
	return x, err == nil && x.Arch() == arch
}

// distilled reads a list in the first form that can be had and unpacked.
func (c *Client) distilled(ctx context.Context, s *Source, r *Release, l list, arch string) ([]byte, error) {
	var failures []error
	for _, f := range l.forms {
		data, err := c.readForm(ctx, s, r, f)
		if err == nil {
			return distill(data, l, f, arch)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		failures = append(failures, err)
		if !errors.Is(err, ErrNotFound) {
			break
		}
	}
	return nil, telling(failures)
}

// telling joins failures without those that only say that something isn't
// there, unless that is all that is wrong; then one is enough.
func telling(failures []error) error {
	others := slices.DeleteFunc(slices.Clone(failures), func(err error) bool { return errors.Is(err, ErrNotFound) })
	if len(others) == 0 && len(failures) > 0 {
		return failures[len(failures)-1]
	}
	return errors.Join(others...)
}

// readForm reads a packed list from the first URI that has the one that Release
// means.
func (c *Client) readForm(ctx context.Context, s *Source, r *Release, f form) ([]byte, error) {
	if f.Size > maxPacked {
		return nil, fmt.Errorf("Release gives it %d bytes, more than %d", f.Size, maxPacked)
	}
	names := []string{s.dir() + "/" + f.path}
	if r.ByHash {
		byHash := path.Join(s.dir(), path.Dir(f.path), "by-hash", "SHA256", f.SHA256)
		names = append([]string{byHash}, names...)
	}
	var failures []error
	for _, uri := range s.URIs {
		for _, name := range names {
			data, err := c.read(ctx, uri, name, f.Size, s.Named)
			if err == nil {
				if err = verifyFile(data, f.File); err == nil {
					return data, nil
				}
				err = fmt.Errorf("reading %q: %w", Shown(join(uri, name)), err)
			}
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			failures = append(failures, err)
			if !errors.Is(err, ErrNotFound) {
				break
			}
		}
	}
	return nil, telling(failures)
}

// distill unpacks a list, holds it against what Release says of the plain form,
// and distills it.
func distill(data []byte, l list, f form, arch string) ([]byte, error) {
	plain, err := unpack(data, f.ext)
	if err != nil {
		return nil, fmt.Errorf("unpacking %q: %w", f.path, err)
	}
	limit := int64(maxPlain)
	if l.known {
		limit = min(limit, l.whole.Size)
	}
	m := &meter{in: plain, left: limit}
	sum := sha256.New()
	out, err := packages.Distill(io.TeeReader(m, sum), arch)
	if err != nil {
		return nil, err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); l.known && (m.left != 0 || got != l.whole.SHA256) {
		return nil, fmt.Errorf("%w: unpacked, it has %d bytes and the SHA-256 %s, but Release says %d and %s", ErrMismatch, limit-m.left, got, l.whole.Size, l.whole.SHA256)
	}
	return out, nil
}

func unpack(data []byte, ext string) (io.Reader, error) {
	in := bytes.NewReader(data)
	switch ext {
	case ".xz":
		return xz.NewReader(in, xz.Options{}), nil
	case ".gz":
		return gzip.NewReader(in)
	}
	return in, nil
}

// meter fails once more is read than there may be.
type meter struct {
	in   io.Reader
	left int64
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left == 0 {
		var one [1]byte
		n, err := io.ReadFull(m.in, one[:])
		if n > 0 {
			return 0, errors.New("unpacked, it has more bytes than Release gives it")
		}
		return 0, err
	}
	n, err := m.in.Read(p[:min(int64(len(p)), m.left)])
	m.left -= int64(n)
	return n, err
}
