package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/wire"
	image "github.com/assemble-image/assemble/manifest"
)

const (
	// recheckDelay is how long others are given to overwrite a fallback tag before
	// it is looked at again: at least this, or some times what our own reading
	// and writing took.
	recheckDelay  = 50 * time.Millisecond
	recheckFactor = 4
	// maxMerges bounds how often a fallback tag is written anew.
	maxMerges = 10
)

// PushReferrer pushes an artifact with a subject, such as a signature. Where
// the registry has no referrers API, the artifact is entered into the index
// at the subject's fallback tag, in which the entries of others stay.
func (c *Client) PushReferrer(ctx context.Context, repo name.Repository, img v1.Image) (name.Digest, error) {
	pushed, err := c.PushReferrers(ctx, repo, img)
	if err != nil {
		return name.Digest{}, err
	}
	return pushed[0], nil
}

// PushReferrers is [Client.PushReferrer] for several artifacts with one subject:
// they are entered into the index together, which costs no more than one.
func (c *Client) PushReferrers(ctx context.Context, repo name.Repository, list ...v1.Image) ([]name.Digest, error) {
	pushed := make([]name.Digest, len(list))
	var unlisted []v1.Descriptor
	var at name.Digest
	for i, img := range list {
		m, entry, subject, err := referrerOf(img)
		if err != nil {
			return nil, fmt.Errorf("pushing a referrer: %w", err)
		}
		pushed[i], at = repo.Digest(m.digest.String()), repo.Digest(subject.String())
		op := fmt.Sprintf("pushing referrer %q", m.digest)
		if err := c.pushParts(ctx, repo, img); err != nil {
			return nil, describe(op, repo, err)
		}
		header, err := c.putManifest(ctx, repo, m.digest.String(), m, nil)
		if err != nil {
			return nil, describe(op, repo, err)
		}
		if header.Get("OCI-Subject") != subject.String() {
			unlisted = append(unlisted, entry)
		}
		c.emit(Event{Kind: EventManifest, Digest: m.digest, Complete: entry.Size, Total: entry.Size})
	}
	if err := c.ensureListed(ctx, at, unlisted); err != nil {
		return nil, describe(fmt.Sprintf("pushing referrers of %q", at.DigestStr()), repo, err)
	}
	return pushed, nil
}

// referrerOf returns an artifact's manifest, its entry in a list of referrers,
// and its subject.
func referrerOf(img v1.Image) (m manifest, entry v1.Descriptor, subject v1.Hash, err error) {
	if m, err = manifestOf(img); err != nil {
		return m, entry, subject, err
	}
	entry, subject, err = image.DescribeReferrer(img)
	return m, entry, subject, err
}

// ensureListed makes sure that referrers are listed of which the registry hasn't
// said so. One that has done it by itself says so in the OCI-Subject header, but
// not all that list referrers do.
func (c *Client) ensureListed(ctx context.Context, subject name.Digest, entries []v1.Descriptor) error {
	if len(entries) == 0 {
		return nil
	}
	list, err := c.referrersAPI(ctx, subject, "")
	switch {
	case err == nil && !slices.ContainsFunc(entries, func(e v1.Descriptor) bool { return !hasEntry(list, e.Digest) }):
		return nil
	case err != nil && !errors.Is(err, errNoReferrersAPI):
		return err
	}
	// Within this process signers take turns, so that they don't undo each
	// other's work in the first place.
	mu, _ := c.fallback.get(subject.Name(), func() *sync.Mutex { return new(sync.Mutex) })
	mu.Lock()
	defer mu.Unlock()
	return c.merge(ctx, subject, entries)
}

// merge adds entries to the index at the fallback tag. A registry can't
// compare and swap, so two writers may overwrite each other: after a while we
// read the index again, and whatever of all that was ever seen in it is
// missing is added once more.
func (c *Client) merge(ctx context.Context, subject name.Digest, entries []v1.Descriptor) error {
	seen := entries
	for range maxMerges {
		began := time.Now()
		idx, header, err := c.fallbackIndex(ctx, subject)
		if err != nil {
			return err
		}
		changed := addEntries(idx, seen)
		if !changed {
			return nil
		}
		if len(idx.Manifests) > maxEntries {
			return contentError("the image has more than %d referrers", maxEntries)
		}
		seen = slices.Clone(idx.Manifests)
		if err := c.putFallback(ctx, subject, idx, header); err != nil {
			return err
		}
		if err := wire.Sleep(ctx, max(recheckDelay, recheckFactor*time.Since(began))); err != nil {
			return err
		}
	}
	return contentError("the tag %s was overwritten by others %d times", fallbackTag(subject), maxMerges)
}

// putFallback writes the index at the fallback tag, on the condition that it
// is still what we have read, for registries that know conditions (RFC 9110,
// 13.1.1).
func (c *Client) putFallback(ctx context.Context, subject name.Digest, idx *v1.IndexManifest, read http.Header) error {
	raw, err := json.Marshal(idx)
	if err != nil {
		return err
	}
	m, err := newManifest(raw, types.OCIImageIndex)
	if err != nil {
		return err
	}
	header := map[string]string{}
	if etag := read.Get("ETag"); etag != "" {
		header["If-Match"] = etag
	}
	_, err = c.putManifest(ctx, subject.Context(), fallbackTag(subject), m, header)
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusPreconditionFailed {
		return nil // someone was faster; the next look finds ours missing
	}
	return err
}

// fallbackIndex reads the index at the fallback tag; a missing one is empty.
func (c *Client) fallbackIndex(ctx context.Context, subject name.Digest) (*v1.IndexManifest, http.Header, error) {
	m, header, err := c.getManifest(ctx, subject.Context(), fallbackTag(subject))
	if errors.Is(err, ErrNotFound) {
		return &v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if m.mediaType != types.OCIImageIndex {
		return nil, nil, contentError("the tag %s is not an index of referrers", fallbackTag(subject))
	}
	idx, err := parseReferrers(m.raw)
	return idx, header, err
}

// addEntries adds those that are missing, in order of digest, and reports
// whether there were any.
func addEntries(idx *v1.IndexManifest, entries []v1.Descriptor) bool {
	changed := false
	for _, e := range entries {
		if !hasEntry(idx.Manifests, e.Digest) {
			idx.Manifests = append(idx.Manifests, e)
			changed = true
		}
	}
	slices.SortFunc(idx.Manifests, func(a, b v1.Descriptor) int {
		return strings.Compare(a.Digest.String(), b.Digest.String())
	})
	return changed
}

func hasEntry(list []v1.Descriptor, digest v1.Hash) bool {
	return slices.ContainsFunc(list, func(d v1.Descriptor) bool { return d.Digest == digest })
}

// fallbackTag names the tag: the digest with a dash.
func fallbackTag(d name.Digest) string { return strings.Replace(d.DigestStr(), ":", "-", 1) }
