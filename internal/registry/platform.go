package registry

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	image "github.com/assemble-image/assemble/manifest"
)

// choose finds the manifest for a platform in an index, going into nested
// indexes in order, and notes the platforms that it sees.
func (c *Client) choose(ctx context.Context, repo name.Repository, idx manifest, p v1.Platform, depth int, available *[]v1.Platform) (*manifest, error) {
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
			*available = append(*available, *d.Platform)
		}
		// Which of several is meant without a platform is not for us to guess.
		if ambiguous := p.OS == "" && len(images) > 1; ambiguous || (d.Platform != nil && !image.SamePlatform(p, *d.Platform)) {
			continue
		}
		child, err := c.childManifest(ctx, repo, d.Digest)
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
func (c *Client) configMatches(ctx context.Context, repo name.Repository, m manifest, p v1.Platform, available *[]v1.Platform) bool {
	img, err := c.pulled(ctx, repo, m)
	if err != nil {
		return false
	}
	cf, err := img.ConfigFile()
	if err != nil || cf.Platform() == nil {
		return false
	}
	*available = append(*available, *cf.Platform())
	return image.CheckPlatform(p, cf) == nil
}

// isPlatformEntry leaves out what builders put beside images: attestations.
func isPlatformEntry(d v1.Descriptor) bool {
	unknown := d.Platform != nil && d.Platform.OS == "unknown"
	return !unknown && (d.MediaType.IsImage() || d.MediaType.IsIndex())
}

func checkPlatform(img v1.Image, r name.Reference, p v1.Platform) error {
	if p.OS == "" {
		return nil // any will do, an artifact without one too
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return contentError("the config is not valid: %v", err)
	}
	err = image.CheckPlatform(p, cf)
	var other *image.PlatformError
	if errors.As(err, &other) {
		other.Ref = r.Name()
		return other
	}
	if err != nil {
		return contentError("%v", err)
	}
	return nil
}
