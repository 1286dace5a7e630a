package manifest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Store is an OCI layout, in a directory or an archive, whose content is read
// piece by piece: for those who give it on as it is, where [ReadLayout] opens
// one image of it.
type Store struct {
	open    blobOpener
	entries []v1.Descriptor
}

// OpenLayout opens the OCI layout in dir.
func OpenLayout(dir string) (*Store, error) {
	open, idx, err := openLayout(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("reading OCI layout %q: %w", dir, err)
	}
	return &Store{open: open, entries: idx.Manifests}, nil
}

// OpenOCIArchive opens an oci-archive in place.
func OpenOCIArchive(file string) (*Store, error) {
	open, idx, err := openOCIArchive(file)
	if err != nil {
		return nil, fmt.Errorf("reading OCI archive %q: %w", file, err)
	}
	return &Store{open: open, entries: idx.Manifests}, nil
}

// Tags returns the names in the layout's index, sorted.
func (s *Store) Tags() []string {
	var tags []string
	for _, d := range s.entries {
		if t := d.Annotations[annotationRefName]; t != "" {
			tags = append(tags, t)
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

// Find returns the entry that ref means: a tag, a digest of anything that the
// layout holds, or, where it is empty, the only image or index that is no
// referrer.
func (s *Store) Find(ref string) (v1.Descriptor, error) {
	if h, err := v1.NewHash(ref); err == nil && ref != "" {
		return s.byDigest(h)
	}
	list := s.entries
	if ref == "" {
		list = slices.DeleteFunc(slices.Clone(list), func(d v1.Descriptor) bool {
			return d.ArtifactType != "" || !d.MediaType.IsImage() && !d.MediaType.IsIndex() || IsAttachmentTag(d.Annotations[annotationRefName])
		})
	}
	found, err := byRef(list, ref)
	if err != nil {
		return v1.Descriptor{}, err
	}
	for _, d := range found[1:] {
		if d.Digest != found[0].Digest {
			return v1.Descriptor{}, fmt.Errorf("%d images match; choose one: %s", len(found), listTags(found))
		}
	}
	return bare(found[0]), nil
}

// byDigest finds what has a digest: an entry, or something in an index that is
// one.
func (s *Store) byDigest(h v1.Hash) (v1.Descriptor, error) {
	todo, seen := slices.Clone(s.entries), map[v1.Hash]bool{}
	for len(todo) > 0 {
		d := todo[0]
		todo = todo[1:]
		if d.Digest == h {
			return bare(d), nil
		}
		if seen[d.Digest] || !d.MediaType.IsIndex() {
			continue
		}
		seen[d.Digest] = true
		raw, err := readBlob(s.open, d, maxManifestSize)
		if err != nil {
			return v1.Descriptor{}, fmt.Errorf("reading the index: %w", err)
		}
		idx, err := parseIndex(raw)
		if err != nil {
			return v1.Descriptor{}, fmt.Errorf("index %s: %w", d.Digest, err)
		}
		todo = append(todo, idx.Manifests...)
	}
	return v1.Descriptor{}, fmt.Errorf("no image %s; available: %s", h, listTags(s.entries))
}

// bare is a descriptor without what an index says of it.
func bare(d v1.Descriptor) v1.Descriptor {
	return v1.Descriptor{MediaType: d.MediaType, Size: d.Size, Digest: d.Digest}
}

// Document reads the manifest or index that d names and checks its digest.
func (s *Store) Document(d v1.Descriptor) ([]byte, error) {
	return readBlob(s.open, d, maxManifestSize)
}

// Open opens the blob that d names. Its last read fails with [ErrCorrupt]
// where the bytes don't match the digest.
func (s *Store) Open(d v1.Descriptor) (io.ReadCloser, error) {
	rc, err := s.open(d.Digest)
	if err != nil {
		return nil, err
	}
	return newVerified(rc, d)
}

// Referrers lists what the layout's index has whose subject is the given one,
// as a registry would list it, in the order of their digests.
func (s *Store) Referrers(subject v1.Hash) ([]v1.Descriptor, error) {
	var out []v1.Descriptor
	for _, d := range s.entries {
		if !d.MediaType.IsImage() && !d.MediaType.IsIndex() {
			continue
		}
		raw, err := readBlob(s.open, d, maxManifestSize)
		if err != nil {
			return nil, fmt.Errorf("reading the manifest: %w", err)
		}
		if !bytes.Contains(raw, []byte(`"subject"`)) {
			continue
		}
		entry, of, err := ReferrerEntry(raw, d.MediaType)
		if err != nil {
			return nil, fmt.Errorf("manifest %s: %w", d.Digest, err)
		}
		if of != nil && *of == subject && !slices.ContainsFunc(out, func(o v1.Descriptor) bool { return o.Digest == d.Digest }) {
			out = append(out, entry)
		}
	}
	slices.SortFunc(out, func(a, b v1.Descriptor) int { return compareDigests(a.Digest, b.Digest) })
	return out, nil
}

// Parts are what a manifest or an index names.
type Parts struct {
	// Manifests are an index's entries.
	Manifests []v1.Descriptor
	// Blobs are an image's or artifact's config and layers.
	Blobs []v1.Descriptor
}

// PartsOf reads a manifest or index of the given media type, and refuses one
// that could be read as both.
func PartsOf(raw []byte, d v1.Descriptor) (Parts, error) {
	if d.MediaType.IsIndex() {
		idx, err := parseIndex(raw)
		if err != nil {
			return Parts{}, fmt.Errorf("index %s: %w", d.Digest, err)
		}
		return Parts{Manifests: idx.Manifests}, nil
	}
	m, err := parseManifest(raw)
	if err != nil {
		return Parts{}, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	var p Parts
	for _, b := range append([]v1.Descriptor{m.Config}, m.Layers...) {
		if Distributable(b.MediaType) {
			p.Blobs = append(p.Blobs, b)
		}
	}
	return p, nil
}

// Image opens the image that d names.
func (s *Store) Image(d v1.Descriptor) (v1.Image, error) { return openStored(s.open, d) }

// OpenContent opens the image that d names, or one for the platform of the index
// that it names, from blobs that open gives by digest. What is read of them is
// checked.
func OpenContent(open func(v1.Hash) (io.ReadCloser, error), d v1.Descriptor, p v1.Platform) (v1.Image, error) {
	img, err := resolve(open, &v1.IndexManifest{Manifests: []v1.Descriptor{bare(d)}}, "", p)
	if err != nil {
		return nil, err
	}
	return img, nil
}
