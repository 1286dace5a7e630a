package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	image "github.com/assemble-image/assemble/manifest"
)

// Outcome says how a layer came into a repository.
type Outcome int

// Outcomes of [Client.PushLayer].
const (
	// Existed: the repository had it.
	Existed Outcome = iota + 1
	// Mounted: the registry took it from another of its repositories.
	Mounted
	// Uploaded: its bytes were sent.
	Uploaded
	// Foreign: its bytes are not to be given on, and weren't.
	Foreign
)

// String returns the outcome in lower case.
func (o Outcome) String() string {
	return [...]string{"unknown", "existed", "mounted", "uploaded", "foreign"}[o]
}

// flight is the push of one blob to one repository. Whoever comes second
// waits for the first, and is told the same when it succeeds.
type flight struct {
	done    chan struct{}
	outcome Outcome
	err     error
}

// PushLayer makes sure that a repository has a layer: by finding it there, by
// mounting it from where a [*Layer] of the same registry is, or by uploading
// it. A layer must be able to be opened several times, with the same bytes each
// time; they are not hashed here ([layers.OpenUnverified]), unless the registry
// has refused them. It may be called concurrently; a layer that has been pushed
// to the repository before costs nothing. A foreign layer is left alone; see
// [image.Distributable].
func (c *Client) PushLayer(ctx context.Context, repo name.Repository, l v1.Layer) (Outcome, error) {
	digest, err := l.Digest()
	if err != nil {
		return 0, fmt.Errorf("pushing a layer: %w", err)
	}
	mt, err := l.MediaType()
	if err != nil {
		return 0, fmt.Errorf("pushing layer %q: %w", digest, err)
	}
	if !image.Distributable(mt) {
		return Foreign, nil
	}
	outcome, err := c.pushBlob(ctx, repo, l, digest)
	return outcome, describe(fmt.Sprintf("pushing layer %q", digest), repo, err)
}

func (c *Client) pushBlob(ctx context.Context, repo name.Repository, l v1.Layer, digest v1.Hash) (Outcome, error) {
	key := repo.Name() + "@" + digest.String()
	for {
		f, mine := c.flights.get(key, func() *flight { return &flight{done: make(chan struct{})} })
		if mine {
			f.outcome, f.err = c.upload(ctx, repo, l, digest)
			if f.err != nil {
				c.flights.drop(key) // so that the next one may try
			}
			close(f.done)
			return f.outcome, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
		if f.err == nil {
			return f.outcome, nil
		}
		// The first one failed, perhaps for reasons of its own such as a
		// cancelled context: try under ours.
		if err := ctx.Err(); err != nil {
			return 0, context.Cause(ctx)
		}
	}
}
