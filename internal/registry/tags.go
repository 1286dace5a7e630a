package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const (
	// maxTags bounds the tags of a repository, and the repositories of a registry.
	maxTags = 100_000
	// tagsPage is how many tags are asked for at a time. Of repositories, registries
	// give as many as they like, and refuse more.
	tagsPage = 1000
	// catalogScope is the access that listing repositories takes.
	catalogScope = "registry:catalog:*"
)

// Tags lists a repository's tags, sorted, among them those that hold
// signatures and referrers (distribution-spec, "Listing Tags").
func (c *Client) Tags(ctx context.Context, repo name.Repository) ([]string, error) {
	s, err := c.session(ctx, repo, transport.PullScope)
	if err == nil {
		var list []string
		list, err = s.list(ctx, fmt.Sprintf("%s?n=%d", s.url("tags", "list"), tagsPage), func(raw []byte) ([]string, error) {
			var page struct{ Tags []string }
			err := json.Unmarshal(raw, &page)
			return page.Tags, err
		})
		if err == nil {
			return list, nil
		}
	}
	return nil, describe("listing the tags", repo, err)
}

// Repositories lists the repositories of a registry, sorted, where it tells
// them: by the catalog of the distribution project, which is no part of the
// spec.
func (c *Client) Repositories(ctx context.Context, reg name.Registry) ([]string, error) {
	repo := reg.Repo("_catalog")
	s, _ := c.sessions.get(sessionKey(repo, []string{catalogScope}), func() *session {
		return &session{repo: repo, scopes: []string{catalogScope}}
	})
	err := c.open(ctx, s)
	if err == nil {
		u := url.URL{Scheme: reg.Scheme(), Host: reg.RegistryStr(), Path: "/v2/_catalog"}
		var list []string
		list, err = s.list(ctx, u.String(), func(raw []byte) ([]string, error) {
			var page struct{ Repositories []string }
			err := json.Unmarshal(raw, &page)
			return page.Repositories, err
		})
		if err == nil {
			return list, nil
		}
	}
	return nil, describe("listing the repositories", repo, err)
}

// list reads a list that comes in pages.
func (s *session) list(ctx context.Context, address string, parse func([]byte) ([]string, error)) ([]string, error) {
	var all []string
	seen := map[string]bool{}
	for address != "" && !seen[address] {
		seen[address] = true
		resp, err := s.do(ctx, request{method: http.MethodGet, url: address, want: []int{http.StatusOK}})
		if err != nil {
			return nil, err
		}
		raw, err := readBounded(resp.Body, maxManifest)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return nil, err
		}
		page, err := parse(raw)
		if err != nil {
			return nil, contentError("the list is not valid: %v", err)
		}
		if all = append(all, page...); len(all) > maxTags {
			return nil, contentError("the list has more than %d entries", maxTags)
		}
		address = nextPage(resp)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
