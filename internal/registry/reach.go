package registry

import (
	"context"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// CheckPush finds out whether the registry answers and lets us push to the
// repository, without pushing anything: it opens an upload and cancels it
// (distribution-spec, "Pushing blobs"). Nothing less tells: there are
// registries that let everybody read, and those whose repositories must be
// made first.
//
// The handshake stays with the client, so that pushing doesn't pay for it
// again. A failure is an [*Error] as it is for a push.
func (c *Client) CheckPush(ctx context.Context, repo name.Repository) error {
	const op = "checking the target"
	s, err := c.session(ctx, repo, transport.PushScope)
	if err != nil {
		return describe(op, repo, err)
	}
	u := &blobUpload{client: c, repo: repo}
	if err := u.start(ctx, s, nil); err != nil {
		return describe(op, repo, err)
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
