package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxPages bounds the pages of a list of referrers.
const maxPages = 64

// Referrers lists what refers to an image, of one artifact type or, with "",
// of all: through the referrers API, or from the fallback tag of the spec's
// "Referrers Tag Schema" where a registry has none. Order is the registry's.
// Of a list that is too long, or breaks off, what was read comes with the error.
func (c *Client) Referrers(ctx context.Context, d name.Digest, artifactType string) ([]v1.Descriptor, error) {
	list, err := c.referrers(ctx, d, artifactType)
	if err != nil {
		err = describe(fmt.Sprintf("listing referrers of %q", d.DigestStr()), d.Context(), err)
	}
	return slices.DeleteFunc(list, func(e v1.Descriptor) bool {
		return artifactType != "" && e.ArtifactType != artifactType
	}), err
}

func (c *Client) referrers(ctx context.Context, d name.Digest, artifactType string) ([]v1.Descriptor, error) {
	list, err := c.referrersAPI(ctx, d, artifactType)
	if !errors.Is(err, errNoReferrersAPI) {
		return list, err
	}
	idx, _, err := c.fallbackIndex(ctx, d)
	if err != nil {
		return nil, err
	}
	return idx.Manifests, nil
}

// errNoReferrersAPI: the registry is older than the spec's version 1.1.
var errNoReferrersAPI = errors.New("no referrers API")

// referrersAPI lists referrers through the API, page by page.
func (c *Client) referrersAPI(ctx context.Context, d name.Digest, artifactType string) ([]v1.Descriptor, error) {
	s, err := c.session(ctx, d.Context(), transport.PullScope)
	if err != nil {
		return nil, err
	}
	address := s.url("referrers", d.DigestStr())
	if artifactType != "" {
		address += "?" + url.Values{"artifactType": {artifactType}}.Encode()
	}
	var list []v1.Descriptor
	for range maxPages {
		page, next, err := s.referrersPage(ctx, address)
		if err != nil {
			return list, err
		}
		list = append(list, page...)
		if next == "" {
			return list, nil
		}
		if len(list) > maxEntries {
			break
		}
		address = next
	}
	return list, contentError("the image has more than %d referrers, or they have more than %d pages", maxEntries, maxPages)
}

func (s *session) referrersPage(ctx context.Context, address string) (page []v1.Descriptor, next string, err error) {
	resp, err := s.do(ctx, request{
		method: http.MethodGet,
		url:    address,
		header: map[string]string{"Accept": string(types.OCIImageIndex)},
		want:   []int{http.StatusOK, http.StatusNotFound, http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable},
	})
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	ct, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // "" is as good as a wrong one
	if resp.StatusCode != http.StatusOK || types.MediaType(ct) != types.OCIImageIndex {
		return nil, "", errNoReferrersAPI
	}
	raw, err := readBounded(resp.Body, maxManifest)
	if err != nil {
		return nil, "", err
	}
	idx, err := parseReferrers(raw)
	if err != nil {
		return nil, "", err
	}
	return idx.Manifests, nextPage(resp), nil
}

// nextPage reads the Link header (RFC 8288) of a list that goes on. A link to
// another host is not followed.
func nextPage(resp *http.Response) string {
	link, params, ok := strings.Cut(resp.Header.Get("Link"), ">")
	if !ok || !strings.HasPrefix(link, "<") || !strings.Contains(strings.ReplaceAll(params, `"`, ""), "rel=next") {
		return ""
	}
	u, err := resp.Request.URL.Parse(link[1:])
	if err != nil || u.Host != resp.Request.URL.Host {
		return ""
	}
	return u.String()
}

// parseReferrers reads a list of referrers.
func parseReferrers(raw []byte) (*v1.IndexManifest, error) {
	var idx v1.IndexManifest
	if err := json.Unmarshal(raw, &idx); err != nil {
		return nil, contentError("the list of referrers is not valid: %v", err)
	}
	if len(idx.Manifests) > maxEntries {
		return nil, contentError("the list of referrers has more than %d entries", maxEntries)
	}
	return &idx, nil
}

// AllReferrers is [Client.Referrers] of all types, from the API and from the
// fallback tag too: a registry may have got its API after some were pushed, and
// there are clients that know only the tag. An entry may come twice. A fallback
// tag that isn't one is left out where the API answers.
func (c *Client) AllReferrers(ctx context.Context, d name.Digest) ([]v1.Descriptor, error) {
	op := fmt.Sprintf("listing referrers of %q", d.DigestStr())
	list, err := c.referrersAPI(ctx, d, "")
	api := err == nil
	if err != nil && !errors.Is(err, errNoReferrersAPI) {
		return nil, describe(op, d.Context(), err)
	}
	idx, _, err := c.fallbackIndex(ctx, d)
	switch {
	case err == nil:
		list = append(list, idx.Manifests...)
	case !api || !errors.Is(err, ErrContent):
		return nil, describe(op, d.Context(), err)
	}
	return list, nil
}
