package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// errTooLarge: the registry, or a proxy before it, limits the size of a
// request's body (RFC 9110, 15.5.14).
var errTooLarge = errors.New("request too large")

// chunkSizes are tried one after the other where a body is too large. Limits
// that are met are 100 MB and, as the default of a common proxy, 1 MiB.
var chunkSizes = []int64{64 << 20, 16 << 20, 4 << 20, 1 << 20, 256 << 10}

// chunkSize returns the size of chunks for a repository: what was found out
// about its registry before, else what the options say.
func (c *Client) chunkSize(repo name.Repository) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n, ok := c.chunks[repo.RegistryStr()]; ok {
		return n
	}
	return c.opt.ChunkSize
}

// shrink makes chunks smaller, and reports whether that was possible.
func (u *blobUpload) shrink() bool {
	had := u.size
	if u.chunk > 0 {
		had = min(had, max(u.chunk, u.minChunk))
	}
	for _, n := range chunkSizes {
		if n < had && n >= u.minChunk {
			u.chunk = n
			u.client.mu.Lock()
			u.client.chunks[u.repo.RegistryStr()] = n
			u.client.mu.Unlock()
			return true
		}
	}
	return false
}

// send streams what is left of the blob: at once, or in chunks (the spec's
// "Pushing a blob in chunks").
func (u *blobUpload) send(ctx context.Context) error {
	for {
		n := u.size - u.offset
		if u.chunk > 0 {
			n = min(n, max(u.chunk, u.minChunk))
		}
		if err := u.patch(ctx, n); err != nil {
			u.uncertain = true
			var e *Error
			answered := errors.As(err, &e) && e.Status != 0
			u.broken = u.broken || !answered
			if answered && e.Status == http.StatusRequestEntityTooLarge {
				u.forget()
				return errors.Join(errTooLarge, err)
			}
			return err
		}
		if u.offset += n; u.offset >= u.size {
			return nil
		}
	}
}

// patch sends n bytes from the offset on.
func (u *blobUpload) patch(ctx context.Context, n int64) error {
	sent := &progress{client: u.client, digest: u.digest, from: u.offset, total: u.size}
	header := map[string]string{"Content-Type": "application/octet-stream"}
	if n < u.size {
		header["Content-Range"] = fmt.Sprintf("%d-%d", u.offset, u.offset+n-1)
	}
	if u.broken {
		// A refusal may have been lost with the connection, since it is
		// answered before the body is read. Now the body waits for leave
		// (RFC 9110, 10.1.1).
		header["Expect"] = "100-continue"
	}
	offset := u.offset
	resp, err := u.session.do(ctx, request{
		method: http.MethodPatch,
		url:    u.location,
		header: header,
		body: func() (io.ReadCloser, error) {
			rc, err := u.source.section(offset, n)
			if err != nil {
				return nil, err
			}
			return sent.wrap(rc), nil
		},
		size: n,
		want: []int{http.StatusAccepted, http.StatusNoContent, http.StatusCreated},
	})
	u.source.release()
	if err != nil {
		return err
	}
	resp.Body.Close()
	u.location, err = nextLocation(resp)
	return err
}

// locate asks how much of the blob the registry has after an attempt that
// failed (the spec's "Pushing a blob in chunks", last part). Without a good
// answer the next session starts anew: "0-0" may be one byte or none.
func (u *blobUpload) locate(ctx context.Context) {
	at := u.location
	u.forget()
	resp, err := u.session.do(ctx, request{method: http.MethodGet, url: at, want: []int{http.StatusNoContent}})
	if err != nil {
		return
	}
	resp.Body.Close()
	end, ok := strings.CutPrefix(strings.TrimPrefix(resp.Header.Get("Range"), "bytes="), "0-")
	last, err := strconv.ParseInt(end, 10, 64)
	if !ok || err != nil || last <= 0 || last >= u.size {
		return
	}
	next, err := nextLocation(resp)
	if err != nil {
		next = at
	}
	u.location, u.offset = next, last+1
	u.sent = u.offset == u.size
}
