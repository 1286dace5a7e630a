package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// A BlobWriter uploads a blob while it is made, so that its digest is known
// only at the end: the distribution spec's "Pushing a blob in chunks", with a
// single chunk of unknown length. It tries once; where that fails, whoever has
// the blob can still push it as any other.
type BlobWriter struct {
	upload  *blobUpload
	ctx     context.Context //nolint:containedctx // an io.Writer has none
	pipe    *io.PipeWriter
	sent    chan struct{} // closed when err is set
	err     error
	release func()
	broken  bool // not all of the blob was sent
	end     sync.Once
}

var (
	errAborted = errors.New("the upload was given up")
	errChunked = errors.New("blobs are uploaded in chunks, which must be able to be sent again")
)

// StreamBlob opens an upload to a repository. The writer must be committed or
// aborted; ctx bounds all of the upload. Where blobs are to be sent in chunks
// it fails.
func (c *Client) StreamBlob(ctx context.Context, repo name.Repository) (*BlobWriter, error) {
	const op = "opening an upload"
	if c.chunkSize(repo) > 0 {
		return nil, describe(op, repo, errChunked)
	}
	release, err := c.acquire(ctx)
	if err != nil {
		return nil, describe(op, repo, err)
	}
	u := &blobUpload{client: c, repo: repo}
	s, err := c.session(ctx, repo, transport.PushScope)
	if err == nil {
		err = u.start(ctx, s, nil)
	}
	if err != nil {
		release()
		return nil, describe(op, repo, err)
	}
	body, pipe := io.Pipe()
	w := &BlobWriter{upload: u, ctx: ctx, pipe: pipe, sent: make(chan struct{}), release: release}
	go func() {
		defer close(w.sent)
		w.err = u.sendStream(ctx, body)
		// Whoever still writes must not wait for a reader.
		body.CloseWithError(errors.Join(errAborted, w.err))
	}()
	return w, nil
}

// sendStream sends what comes until its end. It can't be repeated.
func (u *blobUpload) sendStream(ctx context.Context, body io.ReadCloser) error {
	var once sync.Once
	resp, err := u.session.do(onlyOnce(ctx), request{
		method: http.MethodPatch,
		url:    u.location,
		header: map[string]string{"Content-Type": "application/octet-stream"},
		body: func() (io.ReadCloser, error) {
			var rc io.ReadCloser
			once.Do(func() { rc = body })
			if rc == nil {
				return nil, errors.New("the bytes of the upload are gone")
			}
			return rc, nil
		},
		size: -1,
		want: []int{http.StatusAccepted, http.StatusNoContent, http.StatusCreated},
	})
	if err != nil {
		return err
	}
	resp.Body.Close()
	u.location, err = nextLocation(resp)
	return err
}

// Write implements io.Writer. It waits until the bytes are on their way.
func (w *BlobWriter) Write(p []byte) (int, error) {
	n, err := w.pipe.Write(p)
	if err != nil {
		w.broken = true
	}
	return n, err
}

// Commit ends the blob, which has this digest and size; the registry checks
// that. The repository has it then, as if by [Client.PushLayer].
func (w *BlobWriter) Commit(digest v1.Hash, size int64) error {
	err := w.commit(digest)
	w.Abort()
	if err != nil {
		return describe(fmt.Sprintf("pushing layer %q", digest), w.upload.repo, err)
	}
	c := w.upload.client
	f, mine := c.flights.get(w.upload.repo.Name()+"@"+digest.String(), func() *flight {
		return &flight{done: make(chan struct{})}
	})
	if mine {
		f.outcome = Uploaded
		close(f.done)
	}
	c.emit(Event{Kind: EventUploaded, Digest: digest, Complete: size, Total: size})
	return nil
}

func (w *BlobWriter) commit(digest v1.Hash) error {
	if err := w.pipe.Close(); err != nil {
		return err
	}
	<-w.sent
	if w.err != nil || w.broken {
		return errors.Join(errAborted, w.err)
	}
	w.upload.digest = digest
	return w.upload.commit(w.ctx)
}

// Abort gives the upload up, unless it is committed. The registry forgets in
// time what has been sent.
func (w *BlobWriter) Abort() {
	w.end.Do(func() {
		w.pipe.CloseWithError(errAborted)
		<-w.sent
		w.release()
	})
}
