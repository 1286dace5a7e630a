package manifest

import (
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// By this annotation of an entry in a layout's index "cosign verify
// --local-image" finds what is signed (cosign, pkg/oci/layout). It reads the
// first entry that has it, and, as of cosign 3.1, bundles of images only.
const (
	annotationKind = "kind"
	kindImage      = "dev.cosignproject.cosign/image"
	kindIndex      = "dev.cosignproject.cosign/imageIndex"
)

// content is what is written to a layout or an OCI archive at once.
type content struct {
	// desc lists the image or index, which the tag names.
	desc v1.Descriptor
	// referrers list what refers to it, or to an image in it.
	referrers []v1.Descriptor
	blobs     []blob
}

// imageContent is an image with the options' referrers.
func imageContent(img v1.Image, opt LayoutOptions) (*content, error) {
	desc, _, err := describe(img)
	if err != nil {
		return nil, err
	}
	blobs, err := blobsOf(img)
	if err != nil {
		return nil, err
	}
	c := &content{desc: desc, blobs: blobs}
	return c, c.addReferrers(opt.Referrers, map[v1.Hash]bool{desc.Digest: true}, kindImage)
}

// indexContent is an index, all its images, and the options' referrers.
func indexContent(idx v1.ImageIndex, opt LayoutOptions) (*content, error) {
	raw, err := idx.RawManifest()
	if err != nil {
		return nil, fmt.Errorf("reading the index: %w", err)
	}
	m, err := parseIndex(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the index: %w", err)
	}
	mt, err := idx.MediaType()
	if err != nil {
		return nil, fmt.Errorf("reading the index's media type: %w", err)
	}
	c := &content{desc: v1.Descriptor{MediaType: mt, Size: int64(len(raw)), Digest: digestOf(raw)}}
	c.blobs = append(c.blobs, blob{c.desc, inMemory(raw)})
	subjects := map[v1.Hash]bool{c.desc.Digest: true}
	for _, d := range m.Manifests {
		if !d.MediaType.IsImage() {
			return nil, fmt.Errorf("the index's entry %s has media type %q, which is not an image manifest's", d.Digest, d.MediaType)
		}
		img, err := idx.Image(d.Digest)
		if err != nil {
			return nil, fmt.Errorf("reading image %s: %w", d.Digest, err)
		}
		blobs, err := blobsOf(img)
		if err != nil {
			return nil, fmt.Errorf("image %s: %w", d.Digest, err)
		}
		c.blobs = append(c.blobs, blobs...)
		subjects[d.Digest] = true
	}
	c.blobs = uniqueBlobs(c.blobs)
	return c, c.addReferrers(opt.Referrers, subjects, kindIndex)
}

// addReferrers adds artifacts, each of which must refer to one of subjects.
func (c *content) addReferrers(artifacts []v1.Image, subjects map[v1.Hash]bool, kind string) error {
	if len(artifacts) == 0 {
		return nil
	}
	c.desc.Annotations = map[string]string{annotationKind: kind}
	for _, a := range artifacts {
		if a == nil {
			return errors.New("a referrer is nil")
		}
		entry, subject, err := DescribeReferrer(a)
		if err != nil {
			return fmt.Errorf("reading a referrer: %w", err)
		}
		if !subjects[subject] {
			return fmt.Errorf("referrer %s refers to %s, which is not written with it", entry.Digest, subject)
		}
		blobs, err := artifactBlobs(entry, a)
		if err != nil {
			return fmt.Errorf("referrer %s: %w", entry.Digest, err)
		}
		c.referrers = append(c.referrers, entry)
		c.blobs = append(c.blobs, blobs...)
	}
	c.blobs = uniqueBlobs(c.blobs)
	return nil
}
