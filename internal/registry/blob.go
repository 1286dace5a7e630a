package registry

import (
	"context"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/assemble-image/assemble/internal/wire"
)

// minProgress is how many bytes a download must bring before its tries are
// counted anew: one that breaks after each byte would go on for ever.
const minProgress = 4 << 10

// openBlob reads a blob. What comes out is checked for size and digest at its
// end; a download that breaks off is taken up where it stopped.
func (c *Client) openBlob(ctx context.Context, repo name.Repository, d v1.Descriptor) (io.ReadCloser, error) {
	hasher, err := v1.Hasher(d.Digest.Algorithm)
	if err != nil {
		return nil, err
	}
	r := &blobReader{ctx: ctx, client: c, repo: repo, desc: d, hash: hasher}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

// readBlob reads a blob of bounded size into memory.
func (c *Client) readBlob(ctx context.Context, repo name.Repository, d v1.Descriptor, limit int64) ([]byte, error) {
	if d.Size < 0 || d.Size > limit {
		return nil, contentError("the blob %s has %d bytes, more than %d", d.Digest, d.Size, limit)
	}
	r, err := c.openBlob(ctx, repo, d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readBounded(r, limit)
}

// isBlob reports whether a request is for a blob, or has been redirected from
// there: how large that may be, its descriptor says.
func isBlob(r *http.Request) bool {
	for r.Response != nil && r.Response.Request != nil {
		r = r.Response.Request
	}
	return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") && !strings.Contains(r.URL.Path, "/blobs/uploads/")
}

// blobReader reads a blob through as many requests as it takes. An io.Reader
// has no context, so it keeps the one it was opened with.
type blobReader struct {
	ctx    context.Context //nolint:containedctx // see above
	client *Client
	repo   name.Repository
	desc   v1.Descriptor
	hash   hash.Hash
	body   io.ReadCloser
	offset int64
	fails  int   // in a row, without progress in between
	moved  int64 // bytes since the last failure
	err    error
}

// open asks for the blob from the offset on (RFC 9110, 14.2).
func (r *blobReader) open() error {
	s, err := r.client.session(r.ctx, r.repo, transport.PullScope)
	if err != nil {
		return err
	}
	req := request{method: http.MethodGet, url: s.url("blobs", r.desc.Digest.String()), want: []int{http.StatusOK}}
	if r.offset > 0 {
		req.header = map[string]string{"Range": fmt.Sprintf("bytes=%d-", r.offset)}
		req.want = append(req.want, http.StatusPartialContent)
	}
	resp, err := s.do(r.ctx, req)
	if err != nil {
		return err
	}
	if err := r.position(resp); err != nil {
		resp.Body.Close()
		return err
	}
	r.body = resp.Body
	return nil
}

// position checks that an answer begins at the offset, or brings it there: a
// server may answer a request for a part with the whole.
func (r *blobReader) position(resp *http.Response) error {
	if resp.StatusCode == http.StatusPartialContent {
		if want := fmt.Sprintf("bytes %d-", r.offset); !strings.HasPrefix(resp.Header.Get("Content-Range"), want) {
			return contentError("requested bytes from %d on, got %.60q", r.offset, resp.Header.Get("Content-Range"))
		}
		return nil
	}
	if n := resp.ContentLength; n >= 0 && n != r.desc.Size {
		return contentError("the blob %s has %d bytes, its manifest says %d", r.desc.Digest, n, r.desc.Size)
	}
	_, err := io.CopyN(io.Discard, resp.Body, r.offset)
	return err
}

func (r *blobReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.body.Read(p)
	if n > 0 {
		r.offset += int64(n)
		if r.moved += int64(n); r.moved >= minProgress {
			r.fails = 0
		}
		r.hash.Write(p[:n])
	}
	if r.offset > r.desc.Size {
		r.err = r.describe(contentError("the blob %s is larger than the %d bytes its manifest says", r.desc.Digest, r.desc.Size))
		return 0, r.err
	}
	switch {
	case err == nil:
	case r.offset == r.desc.Size:
		r.err = r.finish()
		return n, r.err
	default:
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		r.err = r.resume(err)
	}
	return n, r.err
}

// finish checks the digest of the whole.
func (r *blobReader) finish() error {
	if got := fmt.Sprintf("%x", r.hash.Sum(nil)); got != r.desc.Digest.Hex {
		return r.describe(contentError("the blob %s has a different digest, %s", r.desc.Digest, got))
	}
	return io.EOF
}

// resume opens the blob again after a failure, if that can help.
func (r *blobReader) resume(err error) error {
	for {
		r.fails++
		r.moved = 0
		d, again := r.client.policy.next(r.fails, err)
		if !again {
			return r.describe(err)
		}
		r.body.Close()
		r.client.emit(Event{Kind: EventRetry, Digest: r.desc.Digest, Note: "download interrupted, resuming"})
		if err := wire.Sleep(r.ctx, d); err != nil {
			return r.describe(err)
		}
		if err = r.open(); err == nil {
			return nil
		}
	}
}

func (r *blobReader) describe(err error) error {
	return describe(fmt.Sprintf("reading blob %q", r.desc.Digest), r.repo, err)
}

// Close implements io.Closer.
func (r *blobReader) Close() error { return r.body.Close() }
