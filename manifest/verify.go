package manifest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// ErrCorrupt reports that stored content doesn't match its digest or size.
var ErrCorrupt = errors.New("the content does not match its digest")

// verifyingReader hands out a blob's bytes and ends with an error instead of io.EOF
// when they were not the ones that the descriptor names.
type verifyingReader struct {
	rc   io.ReadCloser
	want v1.Descriptor
	sum  hash.Hash
	n    int64
	err  error
}

// newVerified takes rc over. The descriptor's digest must be a SHA-256.
func newVerified(rc io.ReadCloser, want v1.Descriptor) (io.ReadCloser, error) {
	if want.Digest.Algorithm != "sha256" {
		err := fmt.Errorf("blob %s: the digest is not a SHA-256", want.Digest)
		return nil, errors.Join(err, rc.Close())
	}
	return &verifyingReader{rc: rc, want: want, sum: sha256.New()}, nil
}

func (v *verifyingReader) Close() error { return v.rc.Close() }

func (v *verifyingReader) Read(p []byte) (int, error) {
	if v.err != nil {
		return 0, v.err
	}
	n, err := v.rc.Read(p)
	v.n += int64(n)
	v.sum.Write(p[:n])
	switch {
	case v.n > v.want.Size:
		v.err = fmt.Errorf("blob %s: %w: more than %d bytes", v.want.Digest, ErrCorrupt, v.want.Size)
	case errors.Is(err, io.EOF):
		v.err = v.finish()
	default:
		v.err = err
		return n, err
	}
	if !errors.Is(v.err, io.EOF) {
		n = 0 // what came last must not be used
	}
	return n, v.err
}

func (v *verifyingReader) finish() error {
	if v.n != v.want.Size {
		return fmt.Errorf("blob %s: %w: got %d bytes, want %d", v.want.Digest, ErrCorrupt, v.n, v.want.Size)
	}
	if got := hex.EncodeToString(v.sum.Sum(nil)); got != v.want.Digest.Hex {
		return fmt.Errorf("blob %s: %w: got sha256:%s", v.want.Digest, ErrCorrupt, got)
	}
	return io.EOF
}

// copyBufferSize is large enough for hashing and writing to dominate.
const copyBufferSize = 256 << 10

// copyBlob copies the blob that open gives to w and verifies it against desc.
// It reports each piece's length to wrote, unless that is nil.
func copyBlob(ctx context.Context, w io.Writer, desc v1.Descriptor, open func(context.Context) (io.ReadCloser, error), wrote func(int)) (err error) {
	rc, err := open(ctx)
	if err != nil {
		return fmt.Errorf("opening blob %s: %w", desc.Digest, err)
	}
	r, err := newVerified(rc, desc)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return copyContext(ctx, w, r, wrote)
}

// copyContext copies until r ends or ctx does.
func copyContext(ctx context.Context, w io.Writer, r io.Reader, wrote func(int)) error {
	buf := make([]byte, copyBufferSize)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, rerr := r.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			if wrote != nil {
				wrote(n)
			}
		}
		if errors.Is(rerr, io.EOF) {
			return nil
		}
		if rerr != nil {
			return rerr
		}
	}
}

// readBlob reads a whole blob of at most limit bytes and verifies it.
func readBlob(open blobOpener, desc v1.Descriptor, limit int64) (b []byte, err error) {
	if desc.Size < 0 || desc.Size > limit {
		return nil, fmt.Errorf("blob %s: limit exceeded: %d bytes, at most %d are allowed", desc.Digest, desc.Size, limit)
	}
	rc, err := open(desc.Digest)
	if err != nil {
		return nil, err
	}
	r, err := newVerified(rc, desc)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(r)
}
