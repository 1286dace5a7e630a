package index

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/assemble-image/assemble/internal/osfile"
)

// ErrWhole says that a server sends files as a whole only.
var ErrWhole = errors.New("the server doesn't send parts of files")

const (
	// outlineTail is what is read of a wheel's end for its paths: that of a small
	// wheel has its whole central directory. outlineStep is what is read of it at a
	// time after that.
	outlineTail = 4 << 10
	outlineStep = 1 << 10
)

// ReadParts hands the file at a URL without credentials, of that size, to read, which
// reads parts of it. read may be called again, when the server fails for the time
// being. The error wraps [ErrWhole] where the server sends the whole file only.
func (c *Client) ReadParts(ctx context.Context, address string, size int64, read func(io.ReaderAt) error) (err error) {
	if path, ok := LocalPath(address); ok {
		f, _, err := osfile.OpenRegular(path)
		if err != nil {
			return fmt.Errorf("opening %q: %w", path, err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		return read(f)
	}
	u, err := parseURL(address)
	if err != nil {
		return fmt.Errorf("reading parts of a file: %w", err)
	}
	return c.retry(ctx, c.policy, "reading parts of a file", u.Host, func(ctx context.Context) error {
		r := &remoteFile{ctx: ctx, client: c, url: u, size: size, first: outlineTail, step: outlineStep, joins: true}
		whole, ranged, err := r.start()
		if err != nil {
			return err
		}
		if !ranged {
			return errors.Join(ErrWhole, whole.Close())
		}
		if err := read(r); err != nil {
			return cmpErr(r.err, err)
		}
		return nil
	})
}

// cmpErr is the network's error, or else the reader's.
func cmpErr(network, reader error) error {
	if network != nil {
		return network
	}
	return reader
}
