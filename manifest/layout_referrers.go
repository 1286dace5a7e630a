package manifest

import (
	"encoding/json"
	"maps"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// withReferrers adds those that are not listed yet.
func withReferrers(entries []json.RawMessage, referrers []v1.Descriptor) ([]json.RawMessage, error) {
	listed, err := digests(entries)
	if err != nil {
		return nil, err
	}
	for _, d := range referrers {
		if listed[d.Digest] {
			continue
		}
		listed[d.Digest] = true
		raw, err := json.Marshal(d)
		if err != nil {
			return nil, err
		}
		entries = append(entries, raw)
	}
	return entries, nil
}

// withoutOrphans drops the referrers of what was listed before and no longer
// is: the signatures of an image whose tag another one has now. Otherwise a
// layout that is written to again and again would list ever more of them. What
// can't be told stays.
func withoutOrphans(before, entries []json.RawMessage, open blobOpener) ([]json.RawMessage, error) {
	gone, err := digests(before)
	if err != nil {
		return nil, err
	}
	listed, err := digests(entries)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(gone, func(h v1.Hash, _ bool) bool { return listed[h] })
	if len(gone) == 0 {
		return entries, nil
	}
	out := make([]json.RawMessage, 0, len(entries))
	for _, raw := range entries {
		var d v1.Descriptor
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, err
		}
		if d.MediaType.IsIndex() { // the images in it are still there
			inner, err := openIndex(open, d)
			if err != nil {
				return entries, nil //nolint:nilerr // it can't be told
			}
			for _, m := range inner {
				delete(gone, m.Digest)
			}
		}
	}
	for _, raw := range entries {
		var d v1.Descriptor
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, err
		}
		if d.ArtifactType != "" && d.Annotations[annotationRefName] == "" {
			if subject, ok := subjectOf(open, d); ok && gone[subject] {
				continue
			}
		}
		out = append(out, raw)
	}
	return out, nil
}

// digests returns what the entries list.
func digests(entries []json.RawMessage) (map[v1.Hash]bool, error) {
	out := map[v1.Hash]bool{}
	for _, raw := range entries {
		var d v1.Descriptor
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, err
		}
		out[d.Digest] = true
	}
	return out, nil
}
