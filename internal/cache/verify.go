package cache

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// verifyPiece is how many bytes are hashed between two looks at the context.
const verifyPiece = 8 << 20

// Verified says what [Cache.Verify] found.
type Verified struct {
	// Entries were looked at, of Bytes in all.
	Entries int
	Bytes   int64
	// Damaged entries were dropped; each has a line in Problems.
	Damaged  int
	Problems []string
}

// Verify reads every record and every file, compares the SHA-256s, and drops
// what is damaged. The error is for what could not be looked at.
func (c *Cache) Verify(ctx context.Context) (Verified, error) {
	var v Verified
	if c == nil {
		return v, nil
	}
	items, err := c.list()
	if err != nil {
		return v, fmt.Errorf("listing the cache %q: %w", c.dir, err)
	}
	for _, it := range items {
		if err := ctx.Err(); err != nil {
			return v, err
		}
		if it.orphan {
			continue // being added just now, or removed at the next pruning
		}
		err := c.verify(ctx, it.name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if _, lerr := c.records.Lstat(it.name); lerr != nil {
				continue // pruned meanwhile
			}
		case err != nil && !errors.Is(err, errDamaged):
			return v, fmt.Errorf("verifying the cache %q: %w", c.dir, err)
		}
		v.Entries++
		v.Bytes += it.size
		if err != nil {
			v.Damaged++
			v.Problems = append(v.Problems, fmt.Sprintf("%s: %v", it.name, err))
			c.drop(it.name)
		}
	}
	return v, nil
}

func (c *Cache) verify(ctx context.Context, n string) error {
	r, _, err := c.read(n, wholeRecord)
	if err != nil {
		return err
	}
	if name(r.kind, r.key) != n {
		return fmt.Errorf("%w: it belongs to another key", errDamaged)
	}
	if r.typ != typeFile {
		return nil
	}
	want, err := parseFileInfo(r.payload)
	if err != nil {
		return err
	}
	return c.verifyFile(ctx, n, want)
}

func (c *Cache) verifyFile(ctx context.Context, n string, want fileInfo) (err error) {
	f, _, err := openRegular(c.files, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	var size int64
	for err == nil {
		// In pieces, so that a signal is heeded within a large file.
		if err = ctx.Err(); err == nil {
			var n int64
			n, err = io.CopyN(h, f, verifyPiece)
			size += n
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	if size != want.size || [sha256.Size]byte(h.Sum(nil)) != want.sum {
		return fmt.Errorf("%w: the file's content has changed", errDamaged)
	}
	return nil
}
