package images

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/registry"
)

const (
	// historySuffix makes of a tag the tag at which its history is kept: an index
	// of what it has stood for, so that a registry's collection of garbage keeps
	// that.
	historySuffix = ".history"
	// historyType is the index's artifact type, and taggedAt the annotation of an
	// entry that says since when.
	historyType = "application/vnd.assemble-image.tag-history.v1+json"
	taggedAt    = "vnd.assemble-image.tagged"
	// maxHistory is how much of it is kept.
	maxHistory = 100
	maxTag     = 128 // distribution-spec, "Pulling manifests"
)

func isHistoryTag(tag string) bool { return strings.HasSuffix(tag, historySuffix) }

// Past is something that a tag has stood for.
type Past struct {
	Digest string `json:"digest"`
	// Since is when `assemble tag` put the tag there; it is empty for what was
	// found there.
	Since string `json:"since,omitempty"`
	// Current says that the tag stands there now.
	Current bool `json:"current,omitempty"`

	desc v1.Descriptor
}

// history is an index as it is kept.
type history struct {
	SchemaVersion int             `json:"schemaVersion"`
	MediaType     types.MediaType `json:"mediaType"`
	ArtifactType  string          `json:"artifactType"`
	Manifests     []v1.Descriptor `json:"manifests"`
}

// History returns what a tag is known to have stood for, the newest first: what
// [Opener.Tag] has moved it to, and what it found there.
func (o Opener) History(ctx context.Context, p Place) ([]Past, error) {
	src, err := o.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	past, err := readHistory(ctx, src, p.Ref)
	if err != nil {
		return nil, err
	}
	now, err := src.Find(ctx, p.Ref)
	if err != nil && !errors.Is(err, ErrMissing) {
		return nil, err
	}
	if err == nil && (len(past) == 0 || past[len(past)-1].Digest != now.Digest.String()) {
		past = append(past, Past{Digest: now.Digest.String()})
	}
	slices.Reverse(past)
	if len(past) > 0 {
		past[0].Current = err == nil
	}
	return past, nil
}

// readHistory reads what is kept, the oldest first. A tag that holds something
// else is an error.
func readHistory(ctx context.Context, src Source, tag string) ([]Past, error) {
	d, err := src.Find(ctx, tag+historySuffix)
	if errors.Is(err, ErrMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	raw, err := src.Document(ctx, d)
	if err != nil {
		return nil, err
	}
	var h history
	if err := json.Unmarshal(raw, &h); err != nil || h.ArtifactType != historyType {
		return nil, fmt.Errorf("the tag %s holds no history", tag+historySuffix)
	}
	var past []Past
	for _, m := range h.Manifests {
		past = append(past, Past{Digest: m.Digest.String(), Since: m.Annotations[taggedAt], desc: bare(m)})
	}
	return past, nil
}

func bare(d v1.Descriptor) v1.Descriptor {
	return v1.Descriptor{MediaType: d.MediaType, Size: d.Size, Digest: d.Digest}
}

// Tagged is what [Opener.Tag] did.
type Tagged struct {
	Reference string `json:"reference"`
	Tag       string `json:"tag"`
	// Before is what the tag stood for, "" for a new one.
	Before string `json:"before,omitempty"`
	// Existed says that it stood for it already.
	Existed bool `json:"existed,omitempty"`
}

// Tag lets a tag stand for what a place in a registry leads to, and keeps what
// it stood for in its history, which is written before the tag moves. The time
// is the caller's.
func (o Opener) Tag(ctx context.Context, p Place, tag string, now time.Time) (*Tagged, error) {
	if isHistoryTag(tag) || len(tag)+len(historySuffix) > maxTag {
		return nil, fmt.Errorf("tagging %s: the tag %q is too long, or is that of a history", p, tag)
	}
	src, err := o.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	d, err := src.Find(ctx, p.Ref)
	if err != nil {
		return nil, fmt.Errorf("tagging %s: %w", p, err)
	}
	out := &Tagged{Reference: p.With(d.Digest.String()).String(), Tag: p.With(tag).String()}
	before, err := src.Find(ctx, tag)
	switch {
	case errors.Is(err, ErrMissing):
	case err != nil:
		return nil, err
	case before.Digest == d.Digest:
		out.Existed, out.Before = true, before.Digest.String()
		return out, nil
	default:
		out.Before = before.Digest.String()
	}
	past, err := readHistory(ctx, src, tag)
	if err != nil {
		return nil, err
	}
	if out.Before != "" && (len(past) == 0 || past[len(past)-1].Digest != out.Before) {
		past = append(past, Past{Digest: out.Before, desc: bare(before)})
	}
	past = append(past, Past{Digest: d.Digest.String(), Since: now.UTC().Format(time.RFC3339), desc: bare(d)})
	if err := o.putHistory(ctx, src, p, tag, past); err != nil {
		return nil, err
	}
	return out, o.Registry.Tag(ctx, p.Repository.Digest(d.Digest.String()), p.Repository.Tag(tag))
}

// putHistory writes a history. What the repository no longer has is left out,
// since registries take no index that names it.
func (o Opener) putHistory(ctx context.Context, src Source, p Place, tag string, past []Past) error {
	h := history{SchemaVersion: 2, MediaType: types.OCIImageIndex, ArtifactType: historyType}
	for _, e := range past[max(0, len(past)-maxHistory):] {
		if _, err := src.Find(ctx, e.Digest); errors.Is(err, ErrMissing) {
			continue
		}
		d := e.desc
		if e.Since != "" {
			d.Annotations = map[string]string{taggedAt: e.Since}
		}
		h.Manifests = append(h.Manifests, d)
	}
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	digest, _, err := v1.SHA256(strings.NewReader(string(raw)))
	if err != nil {
		return err
	}
	doc := registry.Document{Raw: raw, MediaType: types.OCIImageIndex, Digest: digest}
	if err := o.Registry.PutDocument(ctx, p.Repository, doc, false); err != nil {
		return err
	}
	return o.Registry.Tag(ctx, p.Repository.Digest(digest.String()), p.Repository.Tag(tag+historySuffix))
}
