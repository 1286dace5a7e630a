package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/assemble-image/assemble/internal/debs/packages"
)

// The kinds of records in the cache.
const (
	kindRelease = "debs-release" // the time and text of the last Release of a source
	kindIndex   = "debs-index"   // a distilled list of packages, by the list's digest
)

// Loaded is what a source offers.
type Loaded struct {
	Source Source
	// Release is nil for a directory.
	Release *Release
	// Directory is where the packages lie, of a source that is one.
	Directory string
	// Indexes are its lists, one for each component.
	Indexes []*packages.Index
	// Priority is what its packages are pinned to.
	Priority int
}

// Name names the source in messages.
func (l *Loaded) Name() string {
	if l.Directory != "" {
		return l.Directory
	}
	return l.Source.String()
}

// SourceError says that a source can't be read, or isn't as it should be.
type SourceError struct {
	// Source names it, and Where says where it is configured.
	Source, Where string
	err           error
}

func (e *SourceError) Error() string {
	return fmt.Sprintf("reading the source %q (%s): %v", e.Source, e.Where, e.err)
}

// Unwrap returns what is wrong.
func (e *SourceError) Unwrap() error { return e.err }

// ErrMismatch says that a list isn't the one that Release means.
var ErrMismatch = errors.New("it isn't what Release says")

// Load reads what a source offers for an architecture. Root is the root file
// system where the keyrings lie that the source names.
func (c *Client) Load(ctx context.Context, root fs.FS, s Source, arch string) (*Loaded, error) {
	out, err := c.load(ctx, root, s, arch)
	if err != nil {
		return nil, &SourceError{Source: s.String(), Where: s.Where, err: err}
	}
	return out, nil
}

func (c *Client) load(ctx context.Context, root fs.FS, s Source, arch string) (*Loaded, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var keys openpgp.EntityList
	if !s.Trusted {
		var err error
		if keys, err = Keyring(root, &s); err != nil {
			return nil, err
		}
	}
	release, err := c.release(ctx, &s, keys)
	if err != nil {
		return nil, err
	}
	wanted, err := release.lists(&s, arch)
	if err != nil {
		return nil, err
	}
	out := &Loaded{Source: s, Release: release, Priority: release.priority(&s)}
	for _, l := range wanted {
		x, err := c.index(ctx, &s, release, l, arch)
		if err != nil {
			return nil, err
		}
		out.Indexes = append(out.Indexes, x)
	}
	return out, nil
}

// release reads Release from the first of the source's URIs where it is there
// and is as it should be.
func (c *Client) release(ctx context.Context, s *Source, keys openpgp.EntityList) (*Release, error) {
	var failures []error
	for i, uri := range s.URIs {
		r, err := c.releaseFrom(ctx, s, uri, keys)
		if err == nil {
			return r, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		failures = append(failures, err)
		if i+1 < len(s.URIs) {
			c.opt.Note(fmt.Sprintf("%v; trying %s", err, Shown(s.URIs[i+1])))
		}
	}
	return nil, errors.Join(failures...)
}

func (c *Client) releaseFrom(ctx context.Context, s *Source, uri string, keys openpgp.EntityList) (*Release, error) {
	text, err := c.signedText(ctx, s, uri, keys)
	if errors.Is(err, ErrOffline) {
		return c.lastRelease(s, err)
	}
	if err != nil {
		return nil, err
	}
	r, err := c.parse(s, text)
	if err != nil {
		return nil, fmt.Errorf("reading Release of %q: %w", Shown(uri), err)
	}
	if err := c.remember(s, r, text); err != nil {
		return nil, fmt.Errorf("reading Release of %q: %w", Shown(uri), err)
	}
	return r, nil
}

func (c *Client) parse(s *Source, text []byte) (*Release, error) {
	r, err := ParseRelease(text)
	if err != nil {
		return nil, err
	}
	return r, r.check(s, c.opt.Now)
}

// signedText reads InRelease, or Release and Release.gpg where there is none,
// and returns what was signed.
func (c *Client) signedText(ctx context.Context, s *Source, uri string, keys openpgp.EntityList) ([]byte, error) {
	inline := s.dir() + "/InRelease"
	data, err := c.read(ctx, uri, inline, maxRelease, s.Named)
	switch {
	case err == nil && s.Trusted && !strings.HasPrefix(string(data), clearsignHeader):
		return data, nil
	case err == nil && s.Trusted:
		return unsigned(data)
	case err == nil:
		text, err := VerifyInline(data, keys, c.opt.Now)
		if err != nil {
			return nil, fmt.Errorf("verifying %q: %w", Shown(join(uri, inline)), err)
		}
		return text, nil
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	plain := s.dir() + "/Release"
	data, err = c.read(ctx, uri, plain, maxRelease, s.Named)
	if err != nil || s.Trusted {
		return data, err
	}
	signature, err := c.read(ctx, uri, plain+".gpg", maxRelease, s.Named)
	if err != nil {
		return nil, err
	}
	if err := VerifyDetached(data, signature, keys, c.opt.Now); err != nil {
		return nil, fmt.Errorf("verifying %q: %w", Shown(join(uri, plain)), err)
	}
	return data, nil
}

// releaseKey is the key in the cache for what was last seen of a source.
func releaseKey(s *Source) string { return s.String() }

// remember refuses a Release that is older than the last one that was seen, and
// notes this one.
func (c *Client) remember(s *Source, r *Release, text []byte) error {
	if c.opt.Cache == nil {
		return nil
	}
	if last, ok := c.opt.Cache.Get(kindRelease, releaseKey(s)); ok {
		date, _, _ := strings.Cut(string(last), "\n")
		t, err := time.Parse(time.RFC3339, date)
		if err == nil && r.Date.Before(t) && !c.opt.AllowOlder {
			return fmt.Errorf("%w: it was made at %s, the last one at %s", ErrRollback, r.Date.Format(time.RFC3339), date)
		}
	}
	record := append([]byte(r.Date.Format(time.RFC3339)+"\n"), text...)
	if err := c.opt.Cache.Put(kindRelease, releaseKey(s), record); err != nil {
		return nil //nolint:nilerr // the cache has said so itself, and nothing here depends on it
	}
	return nil
}

// lastRelease returns the Release that was last verified, for want of a newer
// one.
func (c *Client) lastRelease(s *Source, why error) (*Release, error) {
	if c.opt.Cache == nil {
		return nil, why
	}
	last, ok := c.opt.Cache.Get(kindRelease, releaseKey(s))
	if !ok {
		return nil, why
	}
	_, text, _ := strings.Cut(string(last), "\n")
	return c.parse(s, []byte(text))
}

// verifyFile holds a file against what Release says of it.
func verifyFile(data []byte, want File) error {
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); int64(len(data)) != want.Size || got != want.SHA256 {
		return fmt.Errorf("%w: it has %d bytes and the SHA-256 %s, but Release says %d and %s", ErrMismatch, len(data), got, want.Size, want.SHA256)
	}
	return nil
}
