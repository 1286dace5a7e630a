package registry

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/assemble-image/assemble/internal/wire"
)

// open opens an upload session, or has the blob mounted, which saves it.
func (u *blobUpload) open(ctx context.Context) (mounted bool, err error) {
	if from, ok := u.mountFrom(); ok && !u.noMount {
		mounted, err := u.mount(ctx, from)
		if err == nil {
			return mounted, nil
		}
		if ctx.Err() != nil {
			return false, err
		}
		u.noMount = true // whatever the reason: the blob's bytes will do
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
	u.forget()
	u.session = s
	if resp.StatusCode == http.StatusCreated {
		return checkDigest(resp, u.digest)
	}
	u.minChunk, _ = strconv.ParseInt(resp.Header.Get("OCI-Chunk-Min-Length"), 10, 64) // 0 where there is none
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
	resp, err := u.session.do(wire.AllowSlowResponse(ctx), request{
		method: http.MethodPut,
		url:    location.String(),
		header: map[string]string{"Content-Type": "application/octet-stream"},
		want:   []int{http.StatusCreated, http.StatusNoContent},
	})
	if err != nil {
		return err
	}
	resp.Body.Close()
	return checkDigest(resp, u.digest)
}

// checkDigest refuses an answer that names another digest than ours.
func checkDigest(resp *http.Response, want v1.Hash) error {
	if got := resp.Header.Get("Docker-Content-Digest"); got != "" && got != want.String() {
		return contentError("the registry reports the blob %s as %.80q", want, got)
	}
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
