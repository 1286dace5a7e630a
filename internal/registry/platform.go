package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// PlatformError reports that an image isn't there for a platform.
type PlatformError struct {
	Ref       string
	Want      string
	Available []string
}

// Error names the platforms that are there.
func (e *PlatformError) Error() string {
	return fmt.Sprintf("%s has no image for %s; it has %s", e.Ref, e.Want, strings.Join(e.Available, ", "))
}

// choose finds the manifest for a platform in an index, going into nested
// indexes in order, and notes the platforms that it sees.
func (c *Client) choose(ctx context.Context, repo name.Repository, idx manifest, p v1.Platform, depth int, available *[]string) (*manifest, error) {
	var doc v1.IndexManifest
	if err := json.Unmarshal(idx.raw, &doc); err != nil {
		return nil, contentError("the index %s is not valid: %v", idx.digest, err)
	}
	if len(doc.Manifests) > maxEntries || depth > maxDepth {
		return nil, contentError("the index %s is too large or nested too deeply", idx.digest)
	}
	images := slices.DeleteFunc(doc.Manifests, func(d v1.Descriptor) bool { return !isPlatformEntry(d) })
	for _, d := range images {
		if d.Platform != nil && d.MediaType.IsImage() {
			*available = append(*available, platformName(*d.Platform))
		}
		// Which of several is meant without a platform is not for us to guess.
		if ambiguous := p.OS == "" && len(images) > 1; ambiguous || (d.Platform != nil && !satisfies(*d.Platform, p)) {
			continue
		}
		child, _, err := c.getManifest(ctx, repo, d.Digest.String())
		if err != nil {
			return nil, err
		}
		if int64(len(child.raw)) != d.Size || child.mediaType != d.MediaType {
			return nil, contentError("the manifest %s has %d bytes of %s, the index says %d of %s",
				d.Digest, len(child.raw), child.mediaType, d.Size, d.MediaType)
		}
		if child.mediaType.IsImage() {
			if d.Platform == nil && p.OS != "" && !c.configMatches(ctx, repo, child, p, available) {
				continue
			}
			return &child, nil
		}
		found, err := c.choose(ctx, repo, child, p, depth+1, available)
		if found != nil || err != nil {
			return found, err
		}
	}
	return nil, nil //nolint:nilnil // nothing found, which is no failure
}

// configMatches asks the config of an image whose entry names no platform.
func (c *Client) configMatches(ctx context.Context, repo name.Repository, m manifest, p v1.Platform, available *[]string) bool {
	img, err := c.pulled(ctx, repo, m)
	if err != nil {
		return false
	}
	cf, err := img.ConfigFile()
	if err != nil || cf.Platform() == nil {
		return false
	}
	*available = append(*available, platformName(*cf.Platform()))
	return satisfies(*cf.Platform(), p)
}

// isPlatformEntry leaves out what builders put beside images: attestations.
func isPlatformEntry(d v1.Descriptor) bool {
	unknown := d.Platform != nil && d.Platform.OS == "unknown"
	return !unknown && (d.MediaType.IsImage() || d.MediaType.IsIndex())
}

// satisfies reports whether an image's platform is the one wanted. The
// variant v8 is what arm64 means without one.
func satisfies(have, want v1.Platform) bool {
	if want.OS == "" {
		return true
	}
	return have.OS == want.OS && have.Architecture == want.Architecture &&
		(want.Variant == "" || variant(have) == variant(want))
}

func variant(p v1.Platform) string {
	if p.Architecture == "arm64" && p.Variant == "v8" {
		return ""
	}
	return p.Variant
}

func platformName(p v1.Platform) string {
	return (v1.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}).String()
}

func checkPlatform(img v1.Image, r name.Reference, p v1.Platform) error {
	cf, err := img.ConfigFile()
	if err != nil {
		return contentError("the config is not valid: %v", err)
	}
	have := cf.Platform()
	if have == nil {
		have = &v1.Platform{}
	}
	// An index may say the variant where the config doesn't.
	if have.Variant == "" {
		p.Variant = ""
	}
	if !satisfies(*have, p) {
		return &PlatformError{Ref: r.Name(), Want: wanted(p), Available: []string{platformName(*have)}}
	}
	return nil
}

// wanted is a platform's name, also of the zero one.
func wanted(p v1.Platform) string { return cmp.Or(platformName(p), "an unnamed platform") }
