package index

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/url"
	"time"

	"github.com/assemble-image/assemble/wheels"
)

// maxMetadata bounds a METADATA file in bytes.
const maxMetadata = 8 << 20

// Metadata returns the METADATA of a wheel: from the cache, as a file of its own
// where the index has it, else from the wheel, of which no more is read than it
// takes, as long as the server sends parts of files. It fails on METADATA that
// is not the one whose hash the index gives, or that is of another project or
// version.
func (c *Client) Metadata(ctx context.Context, f File) ([]byte, error) {
	if f.Wheel == nil {
		return nil, fmt.Errorf("reading the metadata of %q: only wheels have it", f.Filename)
	}
	u, err := parseURL(f.URL)
	if err != nil {
		return nil, fmt.Errorf("reading the metadata of %q: %w", f.Filename, err)
	}
	op := fmt.Sprintf("reading the metadata of %q", f.Filename)
	key := metadataKey(u, f)
	if s := c.load(kindMetadata, key, maxMetadata); s != nil {
		if _, err := wheels.CheckMetadata(s.body, *f.Wheel); err == nil {
			return s.body, nil
		}
	}
	if c.opt.Offline {
		return nil, &Error{Op: op, Server: u.Host, kind: ErrOffline}
	}
	b, err := c.askMetadata(ctx, u, f, op)
	if err != nil {
		return nil, err
	}
	c.save(kindMetadata, key, metadataRecord(b), nil)
	return b, nil
}

// askMetadata gets the METADATA by the first way that works.
func (c *Client) askMetadata(ctx context.Context, u *url.URL, f File, op string) ([]byte, error) {
	if f.HasMetadata {
		b, err := c.metadataFile(ctx, u, f, op)
		if err == nil {
			if _, err := wheels.CheckMetadata(b, *f.Wheel); err != nil {
				return nil, &Error{Op: op, Server: u.Host, kind: ErrContent, cause: err}
			}
		}
		if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrDenied) {
			return b, err
		}
		c.note("%v; reading the wheel instead", err)
	}
	var b []byte
	err := c.retry(ctx, c.policy, op, u.Host, func(ctx context.Context) (err error) {
		b, err = c.remoteMetadata(ctx, u, f)
		return err
	})
	return b, err
}

// metadataFile gets the METADATA that is a file of its own (PEP 658).
func (c *Client) metadataFile(ctx context.Context, u *url.URL, f File, op string) ([]byte, error) {
	at := *u
	at.Path += ".metadata"
	if at.RawPath != "" {
		at.RawPath += ".metadata"
	}
	var b []byte
	err := c.retry(ctx, c.policy, op, u.Host, func(ctx context.Context) error {
		resp, err := c.send(ctx, c.pages, &at, nil)
		if err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK {
			return refused(resp)
		}
		b, err = readBounded(resp, maxMetadata)
		return err
	})
	if err != nil {
		return nil, err
	}
	return b, describe(f.MetadataHashes.check(b), op, u.Host)
}

// metadataKey is what METADATA is cached under. It has the wheel's digests, as
// a wheel may be replaced on a private index, and its URL, as one index must not
// answer for another.
func metadataKey(u *url.URL, f File) *url.URL {
	key := *u
	key.RawQuery = ""
	key.Fragment = f.Hashes.String() + f.MetadataHashes.String()
	return &key
}

func metadataRecord(b []byte) *stored {
	now := time.Now()
	return &stored{Status: http.StatusOK, Stored: now, Expires: now, CRC: crc32.Checksum(b, castagnoli), body: b, keep: true}
}
