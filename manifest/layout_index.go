package manifest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/lazyregexp"
	"github.com/assemble-image/assemble/internal/osfile"
)

// Names and content of a layout's fixed files (image-spec, image-layout.md).
const (
	layoutMarker        = "oci-layout"
	layoutMarkerContent = `{"imageLayoutVersion":"1.0.0"}`
	layoutIndex         = "index.json"
)

// refName is the grammar of the annotation that holds a tag (image-spec,
// annotations.md).
var refName = lazyregexp.New(`^[A-Za-z0-9]+(([-._:@+]|--)[A-Za-z0-9]+)*(/[A-Za-z0-9]+(([-._:@+]|--)[A-Za-z0-9]+)*)*$`)

func checkTag(tag string) error {
	if tag != "" && (len(tag) > 512 || !refName.MatchString(tag)) {
		return fmt.Errorf("invalid tag %q for a layout", tag)
	}
	return nil
}

func checkMarker(raw []byte) error {
	var m struct {
		Version string `json:"imageLayoutVersion"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return fmt.Errorf("reading %q: %w", layoutMarker, err)
	}
	if m.Version != "1.0.0" {
		return fmt.Errorf("unsupported layout version %q (want 1.0.0)", m.Version)
	}
	return nil
}

// updateIndex makes a new index of the layout's old one, which is nil where there
// is none, under a lock on the layout's directory, so that no other writer's
// entry is lost.
func updateIndex(ctx context.Context, dir string, update func(old []byte) ([]byte, error)) (err error) {
	unlock, err := lockDir(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock.Close()) }()
	path := filepath.Join(dir, layoutIndex)
	old, err := osfile.ReadBounded(path, maxManifestSize)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reading %q: %w", path, err)
	}
	raw, err := update(old)
	if err != nil {
		return fmt.Errorf("updating %q: %w", path, err)
	}
	if err := writeOfMany(path, osfile.Bytes(raw)); err != nil {
		return err
	}
	return osfile.SyncDir(dir)
}

// indexWith returns the index old, or a new one if that is nil, with c added
// under tag. All that old holds besides, known to us or not, is kept, but for
// referrers to what had the tag and is listed no more. Old's blobs are read
// by open.
func indexWith(old []byte, c *content, tag string, open blobOpener) ([]byte, error) {
	doc := map[string]json.RawMessage{
		"schemaVersion": json.RawMessage("2"),
		"mediaType":     json.RawMessage(`"` + string(types.OCIImageIndex) + `"`),
	}
	var entries []json.RawMessage
	if old != nil {
		if _, err := parseIndex(old); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(old, &doc); err != nil {
			return nil, err
		}
		if list, ok := doc["manifests"]; ok {
			if err := json.Unmarshal(list, &entries); err != nil {
				return nil, fmt.Errorf("the list of manifests: %w", err)
			}
		}
	}
	before := entries
	entries, err := withEntry(entries, c.desc, tag)
	if err != nil {
		return nil, err
	}
	if entries, err = withReferrers(entries, c.referrers); err != nil {
		return nil, err
	}
	if entries, err = withoutOrphans(before, entries, open); err != nil {
		return nil, err
	}
	if doc["manifests"], err = json.Marshal(entries); err != nil {
		return nil, err
	}
	return json.Marshal(doc)
}

// withEntry puts desc in the place of the entry that had the tag, or that
// listed the same image without any, and else at the end. Without a tag, an
// image that is listed already stays as it is.
func withEntry(entries []json.RawMessage, desc v1.Descriptor, tag string) ([]json.RawMessage, error) {
	if tag != "" {
		desc.Annotations = maps.Clone(desc.Annotations)
		if desc.Annotations == nil {
			desc.Annotations = map[string]string{}
		}
		desc.Annotations[annotationRefName] = tag
	}
	entry, err := json.Marshal(desc)
	if err != nil {
		return nil, err
	}
	out, placed := make([]json.RawMessage, 0, len(entries)+1), false
	for _, raw := range entries {
		var d v1.Descriptor
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, err
		}
		name, named := d.Annotations[annotationRefName]
		same := d.Digest == desc.Digest
		switch {
		case tag == "" && same && containsAll(d.Annotations, desc.Annotations):
			return entries, nil
		case tag == "" && same:
			if raw, err = withAnnotations(raw, desc.Annotations); err != nil {
				return nil, err
			}
			out, placed = append(out, raw), true
		case named && name == tag, !named && same:
			if !placed {
				out, placed = append(out, entry), true
			}
		default:
			out = append(out, raw)
		}
	}
	if !placed {
		out = append(out, entry)
	}
	return out, nil
}

func containsAll(m, part map[string]string) bool {
	for k, v := range part {
		if m[k] != v {
			return false
		}
	}
	return true
}

// withAnnotations returns an entry with annotations added.
func withAnnotations(entry json.RawMessage, annotations map[string]string) (json.RawMessage, error) {
	doc := map[string]json.RawMessage{}
	if err := json.Unmarshal(entry, &doc); err != nil {
		return nil, err
	}
	all := map[string]string{}
	if old, ok := doc["annotations"]; ok {
		if err := json.Unmarshal(old, &all); err != nil {
			return nil, err
		}
	}
	maps.Copy(all, annotations)
	var err error
	if doc["annotations"], err = json.Marshal(all); err != nil {
		return nil, err
	}
	return json.Marshal(doc)
}
