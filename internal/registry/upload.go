package registry

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/assemble-image/assemble/internal/wire"
)

// upload brings a blob into a repository, in as many attempts as the policy
// grants. That is the blob's only budget: its requests aren't repeated by the
// transport as well, and a layer that can't be read has had its own.
func (c *Client) upload(ctx context.Context, repo name.Repository, l v1.Layer, digest v1.Hash) (Outcome, error) {
	size, err := l.Size()
	if err != nil {
		return 0, err
	}
	release, err := c.acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer release()
	u := &blobUpload{client: c, repo: repo, layer: l, digest: digest, size: size, chunk: c.chunkSize(repo)}
	u.source = &source{open: u.openLayer(ctx)}
	defer u.source.close()
	for n := 1; ; {
		outcome, err := u.attempt(wire.WithAttempt(onlyOnce(ctx), n))
		if err == nil {
			c.emit(Event{Kind: outcomeEvent(outcome), Digest: digest, Complete: size, Total: size})
			return outcome, nil
		}
		if errors.Is(err, errTooLarge) && u.shrink() {
			continue // not a failure of the registry: it has said what it wants
		}
		if failed := u.source.failure(); failed != nil {
			return 0, failed
		}
		d, again := c.policy.next(n, err)
		if !again {
			return 0, err
		}
		c.emit(Event{Kind: EventRetry, Digest: digest, Note: toError(err).Error()})
		if err := wire.Sleep(ctx, d); err != nil {
			return 0, err
		}
		n++
	}
}

func outcomeEvent(o Outcome) EventKind {
	return [...]EventKind{"", EventExisted, EventMounted, EventUploaded}[o]
}

// blobUpload is an upload session and how far it has come, so that an attempt
// goes on where the last one failed as far as the registry lets it.
type blobUpload struct {
	client *Client
	repo   name.Repository
	layer  v1.Layer
	source *source
	digest v1.Hash
	size   int64

	session   *session
	location  string // where the session goes on, "" before it is opened
	offset    int64  // how many bytes the registry has
	uncertain bool   // the registry may have more or fewer
	sent      bool   // all bytes are there, and only the commit is missing
	noMount   bool   // mounting has failed
	refused   bool   // the registry has found another digest
	restarted bool   // the registry has forgotten a session before
	broken    bool   // a connection broke while it took bytes
	chunk     int64  // the size of a chunk, 0 for all that is left
	minChunk  int64  // what the registry wants a chunk to have at least
}

// attempt does what is left to do.
func (u *blobUpload) attempt(ctx context.Context) (Outcome, error) {
	exists, err := u.exists(ctx)
	if err != nil {
		return 0, err
	}
	if exists {
		if u.sent {
			return Uploaded, nil // the commit went through, its answer did not
		}
		return Existed, nil
	}
	if u.location != "" && u.uncertain {
		u.locate(ctx)
	}
	if u.location == "" {
		mounted, err := u.open(ctx)
		if err != nil || mounted {
			return Mounted, err
		}
	}
	if !u.sent {
		if err := u.send(ctx); err != nil {
			return 0, u.expired(err)
		}
		u.sent = true
	}
	if err := u.commit(ctx); err != nil {
		if isTemporary(err) {
			return 0, err
		}
		u.forget()
		return 0, u.mistrust(u.expired(err))
	}
	return Uploaded, nil
}

// forget lets the next attempt open a session of its own.
func (u *blobUpload) forget() { u.location, u.offset, u.sent, u.uncertain = "", 0, false, false }

// expired makes one failure worth another attempt, with a new session: that
// the registry has forgotten the old one (404), or is at another place in it
// than we are (416).
func (u *blobUpload) expired(err error) error {
	var e *Error
	if !errors.As(err, &e) || (e.Status != http.StatusNotFound && e.Status != http.StatusRequestedRangeNotSatisfiable) {
		return err
	}
	u.forget()
	const detail = "the upload session has expired"
	if u.restarted {
		return &Error{Status: e.Status, Kind: e.Kind, Detail: join(detail, e.Detail)}
	}
	u.restarted = true
	return &Error{Status: http.StatusServiceUnavailable, Detail: detail, cause: err}
}

func (u *blobUpload) exists(ctx context.Context) (bool, error) {
	s, err := u.client.session(repeated(ctx), u.repo, transport.PushScope)
	if err != nil {
		return false, err
	}
	resp, err := s.do(ctx, request{
		method: http.MethodHead,
		url:    s.url("blobs", u.digest.String()),
		want:   []int{http.StatusOK, http.StatusNotFound},
	})
	if err != nil {
		return false, err
	}
	resp.Body.Close()
	if _, told := u.layer.(*Layer); told && resp.StatusCode == http.StatusOK && resp.ContentLength >= 0 && resp.ContentLength != u.size {
		return false, contentError("the blob %s has %d bytes, not %d", u.digest, resp.ContentLength, u.size)
	}
	return resp.StatusCode == http.StatusOK, nil
}
