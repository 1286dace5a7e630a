package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Annotations by which an index names its images.
const (
	annotationRefName   = "org.opencontainers.image.ref.name" // image-spec, annotations.md
	annotationImageName = "io.containerd.image.name"          // containerd's and Docker's full reference
)

// parseIndex reads an index, and refuses one that could also be read as a
// manifest (GHSA-5j5w-g665-5m35).
func parseIndex(raw []byte) (*v1.IndexManifest, error) {
	if err := checkKeys(raw); err != nil {
		return nil, err
	}
	var both struct {
		Config json.RawMessage `json:"config"`
		Layers json.RawMessage `json:"layers"`
	}
	if err := json.Unmarshal(raw, &both); err != nil {
		return nil, err
	}
	if both.Config != nil || both.Layers != nil {
		return nil, errors.New("the document is both an index and an image manifest")
	}
	idx := new(v1.IndexManifest)
	if err := json.Unmarshal(raw, idx); err != nil {
		return nil, err
	}
	if idx.SchemaVersion != 2 {
		return nil, fmt.Errorf("unsupported schema version %d (want 2)", idx.SchemaVersion)
	}
	return idx, nil
}

// resolve finds the image that ref means in a layout's index and opens it.
// An index one step below, which is how images for several platforms are
// kept, is entered; one inside that is an error.
func resolve(open blobOpener, idx *v1.IndexManifest, ref string, p v1.Platform) (*storedImage, error) {
	named, err := byRef(idx.Manifests, ref)
	if err != nil {
		return nil, err
	}
	var images []v1.Descriptor
	for _, d := range named {
		switch {
		case d.MediaType.IsImage():
			images = append(images, d)
		case d.MediaType.IsIndex():
			inner, err := openIndex(open, d)
			if err != nil {
				return nil, err
			}
			images = append(images, inner...)
		default:
			return nil, fmt.Errorf("%s has media type %q, which is neither an image nor an index", d.Digest, d.MediaType)
		}
	}
	return byPlatform(open, images, p)
}

// openIndex returns the images of the index that d names.
func openIndex(open blobOpener, d v1.Descriptor) ([]v1.Descriptor, error) {
	raw, err := readBlob(open, d, maxManifestSize)
	if err != nil {
		return nil, fmt.Errorf("reading the index: %w", err)
	}
	idx, err := parseIndex(raw)
	if err != nil {
		return nil, fmt.Errorf("index %s: %w", d.Digest, err)
	}
	var out []v1.Descriptor
	for _, m := range idx.Manifests {
		if m.MediaType.IsIndex() {
			return nil, fmt.Errorf("index %s contains another index, %s", d.Digest, m.Digest)
		}
		if m.MediaType.IsImage() {
			out = append(out, m)
		}
	}
	return out, nil
}

// byRef selects by tag, digest, or, when ref is empty, everything.
func byRef(all []v1.Descriptor, ref string) ([]v1.Descriptor, error) {
	if ref == "" {
		if len(all) == 0 {
			return nil, errors.New("it contains no images")
		}
		return all, nil
	}
	var out []v1.Descriptor
	for _, d := range all {
		a := d.Annotations
		if a[annotationRefName] == ref || a[annotationImageName] == ref || d.Digest.String() == ref {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no image named %q; available: %s", ref, listTags(all))
	}
	return out, nil
}

func listTags(all []v1.Descriptor) string {
	var tags []string
	for _, d := range all {
		if t, ok := d.Annotations[annotationRefName]; ok {
			tags = append(tags, fmt.Sprintf("%q", t))
		} else if d.ArtifactType == "" {
			tags = append(tags, d.Digest.String())
		}
	}
	if len(tags) == 0 {
		return "none"
	}
	slices.Sort(tags)
	return strings.Join(slices.Compact(tags), ", ")
}

// byPlatform opens the one image for p. Descriptors need not name a
// platform, and may be wrong: the image's configuration decides. Artifacts are
// passed over.
func byPlatform(open blobOpener, images []v1.Descriptor, p v1.Platform) (*storedImage, error) {
	var found []*storedImage
	var have []v1.Platform
	var artifact error
	seen := map[v1.Hash]bool{}
	for _, d := range images {
		if seen[d.Digest] {
			continue
		}
		seen[d.Digest] = true
		if d.Platform != nil {
			if d.Platform.OS == "unknown" { // BuildKit's attestations are listed so
				continue
			}
			if !SamePlatform(p, *d.Platform) {
				have = append(have, *d.Platform)
				continue
			}
		}
		img, err := openStored(open, d)
		if errors.Is(err, errArtifact) {
			artifact = err
			continue
		}
		if err != nil {
			return nil, err
		}
		cf := img.config
		if err := CheckPlatform(p, cf); err != nil {
			have = append(have, configPlatform(cf))
			continue
		}
		found = append(found, img)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && len(have) == 0 && artifact != nil:
		return nil, artifact
	case len(found) == 0:
		return nil, &PlatformError{Want: p, Have: have}
	}
	return nil, fmt.Errorf("%d images match; choose one: %s", len(found), listTags(images))
}
