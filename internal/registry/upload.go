package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/assemble-image/assemble/internal/wire"
	"github.com/assemble-image/assemble/layers"
)

// upload brings a blob into a repository, in as many attempts as the policy
// grants.
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
	u := &blobUpload{client: c, repo: repo, layer: l, digest: digest, size: size}
	for n := 1; ; n++ {
		outcome, err := u.attempt(wire.WithAttempt(ctx, n))
		if err == nil {
			c.emit(Event{Kind: outcomeEvent(outcome), Digest: digest, Complete: size, Total: size})
			return outcome, nil
		}
		d, again := c.policy.next(n, err)
		if !again {
			return 0, err
		}
		c.emit(Event{Kind: EventRetry, Digest: digest, Note: toError(err).Error()})
		if err := wire.Sleep(ctx, d); err != nil {
			return 0, err
		}
	}
}

func outcomeEvent(o Outcome) EventKind {
	return [...]EventKind{"", EventExisted, EventMounted, EventUploaded}[o]
}

// blobUpload is an upload session and how far it has come, so that an attempt
// goes on where the last one failed as far as the registry lets it: the spec's
// "Pushing a blob in chunks", with the whole blob as its only chunk.
type blobUpload struct {
	client *Client
	repo   name.Repository
	layer  v1.Layer
	digest v1.Hash
	size   int64

	session  *session
	location string // where the session goes on, "" before it is opened
	sent     bool   // all bytes are there, and only the commit is missing
	noMount  bool   // mounting has failed
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
	if u.location == "" {
		mounted, err := u.open(ctx)
		if err != nil || mounted {
			return Mounted, err
		}
	}
	if !u.sent {
		if err := u.send(ctx); err != nil {
			u.location = "" // how much has arrived is unknown
			return 0, err
		}
		u.sent = true
	}
	if err := u.commit(ctx); err != nil {
		if !isTemporary(err) {
			u.location, u.sent = "", false
			err = u.expired(err)
		}
		return 0, err
	}
	return Uploaded, nil
}

// expired makes one failure of a commit worth another attempt: a registry
// that has forgotten the session says 404.
func (u *blobUpload) expired(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound {
		return &Error{Status: http.StatusServiceUnavailable, Detail: "the upload session has expired", cause: err}
	}
	return err
}

func (u *blobUpload) exists(ctx context.Context) (bool, error) {
	s, err := u.client.session(ctx, u.repo, transport.PushScope)
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
	return resp.StatusCode == http.StatusOK, nil
}

// open opens an upload session, or has the blob mounted, which saves it.
func (u *blobUpload) open(ctx context.Context) (mounted bool, err error) {
	if from, ok := u.mountFrom(); ok && !u.noMount {
		mounted, err := u.mount(ctx, from)
		if err == nil {
			return mounted, nil
		}
		if isTemporary(err) || ctx.Err() != nil {
			return false, err
		}
		u.noMount = true // the base may be private: its bytes will do
	}
	s, err := u.client.session(ctx, u.repo, transport.PushScope)
	if err != nil {
		return false, err
	}
	return false, u.start(ctx, s, nil)
}

// mountFrom returns the other repository of the same registry that has it.
func (u *blobUpload) mountFrom() (name.Repository, bool) {
	l, ok := u.layer.(*Layer)
	if !ok {
		return name.Repository{}, false
	}
	from := l.Repository
	return from, from.RegistryStr() == u.repo.RegistryStr() && from.RepositoryStr() != u.repo.RepositoryStr()
}

func (u *blobUpload) mount(ctx context.Context, from name.Repository) (bool, error) {
	s, err := u.client.session(ctx, u.repo, transport.PushScope, from)
	if err != nil {
		return false, err
	}
	err = u.start(ctx, s, url.Values{"mount": {u.digest.String()}, "from": {from.RepositoryStr()}})
	return err == nil && u.location == "", err
}

// start posts for an upload session. A registry that mounts leaves the
// location empty; one that can't opens a session instead.
func (u *blobUpload) start(ctx context.Context, s *session, query url.Values) error {
	address := s.url("blobs", "uploads") + "/"
	want := []int{http.StatusAccepted}
	if query != nil {
		address += "?" + query.Encode()
		want = append(want, http.StatusCreated)
	}
	resp, err := s.do(ctx, request{method: http.MethodPost, url: address, want: want})
	if err != nil {
		return err
	}
	resp.Body.Close()
	u.session, u.location = s, ""
	if resp.StatusCode == http.StatusCreated {
		return nil
	}
	u.location, err = nextLocation(resp)
	return err
}

// send streams the blob. It is not repeated by the transport: how much of it
// the registry has kept must be found out first.
func (u *blobUpload) send(ctx context.Context) error {
	sent := &progress{client: u.client, digest: u.digest, total: u.size}
	resp, err := u.session.do(onlyOnce(ctx), request{
		method: http.MethodPatch,
		url:    u.location,
		header: map[string]string{"Content-Type": "application/octet-stream"},
		body: func() (io.ReadCloser, error) {
			rc, err := layers.OpenCompressed(ctx, u.layer)
			if err != nil {
				return nil, fmt.Errorf("opening the layer: %w", err)
			}
			return sent.wrap(rc), nil
		},
		size: u.size,
		want: []int{http.StatusAccepted, http.StatusNoContent, http.StatusCreated},
	})
	if err != nil {
		return err
	}
	resp.Body.Close()
	u.location, err = nextLocation(resp)
	return err
}

// commit closes the session; the registry checks the digest.
func (u *blobUpload) commit(ctx context.Context) error {
	location, err := url.Parse(u.location)
	if err != nil {
		return contentError("the upload location is not valid")
	}
	q := location.Query()
	q.Set("digest", u.digest.String())
	location.RawQuery = q.Encode()
	resp, err := u.session.do(wire.AllowSlowResponse(onlyOnce(ctx)), request{
		method: http.MethodPut,
		url:    location.String(),
		header: map[string]string{"Content-Type": "application/octet-stream"},
		want:   []int{http.StatusCreated, http.StatusNoContent},
	})
	if err != nil {
		return err
	}
	resp.Body.Close()
	return nil
}

// nextLocation returns where an upload goes on; relative to the request, as
// some registries have it. Whether it may be followed, the guard decides.
func nextLocation(resp *http.Response) (string, error) {
	loc := resp.Header.Get("Location")
	if loc == "" {
		return "", contentError("the registry returned no upload location")
	}
	u, err := resp.Request.URL.Parse(loc)
	if err != nil {
		return "", contentError("the upload location is not valid")
	}
	if u.User != nil {
		return "", contentError("the upload location contains credentials")
	}
	return u.String(), nil
}
