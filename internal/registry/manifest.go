package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxManifest bounds a manifest in bytes; the spec asks registries for 4 MiB.
const maxManifest = 8 << 20

// acceptManifests is what we ask for.
const acceptManifests = string(types.OCIImageIndex) + "," + string(types.OCIManifestSchema1) + "," +
	string(types.DockerManifestList) + "," + string(types.DockerManifestSchema2)

// manifest is a manifest's or an index's bytes.
type manifest struct {
	raw       []byte
	mediaType types.MediaType
	digest    v1.Hash
	// old says that the registry had the manifest before this client put any.
	old bool
}

func newManifest(raw []byte, mediaType types.MediaType) (manifest, error) {
	digest, _, err := v1.SHA256(bytes.NewReader(raw))
	return manifest{raw: raw, mediaType: mediaType, digest: digest}, err
}

// getManifest reads a manifest by tag or digest and checks it: its digest
// against the reference, its media type against what it holds.
func (c *Client) getManifest(ctx context.Context, repo name.Repository, ref string) (manifest, http.Header, error) {
	s, err := c.session(ctx, repo, transport.PullScope)
	if err != nil {
		return manifest{}, nil, err
	}
	resp, err := s.do(ctx, request{
		method: http.MethodGet,
		url:    s.url("manifests", ref),
		header: map[string]string{"Accept": acceptManifests},
		want:   []int{http.StatusOK},
	})
	if err != nil {
		return manifest{}, nil, err
	}
	defer resp.Body.Close()
	raw, err := readBounded(resp.Body, maxManifest)
	if err != nil {
		return manifest{}, nil, err
	}
	mediaType, err := manifestType(raw, resp.Header.Get("Content-Type"))
	if err != nil {
		return manifest{}, nil, err
	}
	m, err := newManifest(raw, mediaType)
	if err != nil {
		return manifest{}, nil, err
	}
	if h, err := v1.NewHash(ref); err == nil && h != m.digest {
		return manifest{}, nil, contentError("the manifest %s has a different digest, %s", h, m.digest)
	}
	return m, resp.Header, nil
}

// manifestType returns a manifest's media type. One that says different
// things in different places could be read as another image by someone else
// (CVE-2021-41190), and is refused.
func manifestType(raw []byte, contentType string) (types.MediaType, error) {
	var doc struct {
		MediaType types.MediaType `json:"mediaType"`
		Config    json.RawMessage `json:"config"`
		Layers    json.RawMessage `json:"layers"`
		Manifests json.RawMessage `json:"manifests"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return "", contentError("the manifest is not JSON: %v", err)
	}
	mt := doc.MediaType
	if ct, _, err := mime.ParseMediaType(contentType); err == nil {
		header := types.MediaType(ct)
		switch {
		case mt == "":
			mt = header
		case (header.IsImage() || header.IsIndex()) && header != mt:
			return "", contentError("the manifest is sent as %s but declares %s", header, mt)
		}
	}
	switch {
	case !mt.IsImage() && !mt.IsIndex():
		return "", contentError("a manifest of type %.80q is not supported", mt)
	case mt.IsImage() && doc.Manifests != nil, mt.IsIndex() && (doc.Layers != nil || doc.Config != nil):
		return "", contentError("the manifest is both an image and an index")
	}
	return mt, nil
}

// putManifest puts a manifest under a tag or its digest and compares the
// digest in the registry's answer with ours.
func (c *Client) putManifest(ctx context.Context, repo name.Repository, ref string, m manifest, header map[string]string) (http.Header, error) {
	s, err := c.session(ctx, repo, transport.PushScope)
	if err != nil {
		return nil, err
	}
	h := map[string]string{"Content-Type": string(m.mediaType)}
	for k, v := range header {
		h[k] = v
	}
	resp, err := s.do(ctx, request{
		method: http.MethodPut,
		url:    s.url("manifests", ref),
		header: h,
		body:   func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(m.raw)), nil },
		size:   int64(len(m.raw)),
		want:   []int{http.StatusCreated, http.StatusOK, http.StatusAccepted},
	})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Docker-Content-Digest"); got != "" && got != m.digest.String() {
		return nil, contentError("the registry reports the manifest %s as %.80q", m.digest, got)
	}
	c.mu.Lock()
	c.manifests[m.digest] = m
	c.mu.Unlock()
	return resp.Header, nil
}

// readBounded reads all, or fails where there is more than limit bytes.
func readBounded(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, contentError("limit of %d bytes exceeded", limit)
	}
	return b, nil
}

// headManifest asks whether the repository has a manifest, by tag or digest, and
// returns the digest that the registry gives, "" where it gives none: that is
// optional in the spec.
func (s *session) headManifest(ctx context.Context, ref string) (digest string, err error) {
	resp, err := s.do(ctx, request{
		method: http.MethodHead,
		url:    s.url("manifests", ref),
		header: map[string]string{"Accept": acceptManifests},
		want:   []int{http.StatusOK},
	})
	if err != nil {
		return "", err
	}
	resp.Body.Close()
	return resp.Header.Get("Docker-Content-Digest"), nil
}

// Digest returns the digest that a reference stands for at the moment.
func (c *Client) Digest(ctx context.Context, ref string) (v1.Hash, error) {
	r, err := ParseReference(ref, c.opt.Insecure)
	if err != nil {
		return v1.Hash{}, err
	}
	h, err := c.digest(ctx, r)
	return h, describe(fmt.Sprintf("resolving %q", ref), r.Context(), err)
}

func (c *Client) digest(ctx context.Context, r name.Reference) (v1.Hash, error) {
	s, err := c.session(ctx, r.Context(), transport.PullScope)
	if err != nil {
		return v1.Hash{}, err
	}
	got, err := s.headManifest(ctx, r.Identifier())
	if err != nil {
		return v1.Hash{}, err
	}
	h, err := v1.NewHash(got)
	if err != nil || h.Algorithm != "sha256" {
		// Hash the manifest then.
		m, _, err := c.getManifest(ctx, r.Context(), r.Identifier())
		return m.digest, err
	}
	if want, err := v1.NewHash(r.Identifier()); err == nil && want != h {
		return v1.Hash{}, contentError("the manifest %s has a different digest, %s", want, h)
	}
	return h, nil
}
