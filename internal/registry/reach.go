package registry

import (
	"context"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Connect does no more than the handshake of a push: it finds out whether the
// registry answers and takes the credentials, and what follows doesn't pay for
// it again. A failure is an [*Error] as it is for a push.
func (c *Client) Connect(ctx context.Context, repo name.Repository) error {
	_, err := c.session(ctx, repo, transport.PushScope)
	return describe(opCheck, repo, err)
}

const opCheck = "checking the target"

// CheckPush finds out whether the registry answers and lets us push to the
// repository, without pushing anything: it opens an upload and cancels it
// (distribution-spec, "Pushing blobs"). Nothing less tells: there are
// registries that let everybody read, and those whose repositories must be
// made first.
//
// The handshake stays with the client, so that pushing doesn't pay for it
// again. A failure is an [*Error] as it is for a push.
func (c *Client) CheckPush(ctx context.Context, repo name.Repository) error {
	s, err := c.session(ctx, repo, transport.PushScope)
	if err != nil {
		return describe(opCheck, repo, err)
	}
	u := &blobUpload{client: c, repo: repo}
	if err := u.start(ctx, s, nil); err != nil {
		return describe(opCheck, repo, err)
	}
	// Not every registry cancels; all of them forget uploads in time.
	resp, err := s.do(onlyOnce(ctx), request{
		method: http.MethodDelete, url: u.location, want: []int{http.StatusNoContent, http.StatusOK, http.StatusAccepted},
	})
	if err == nil {
		resp.Body.Close()
	}
	return nil
}
