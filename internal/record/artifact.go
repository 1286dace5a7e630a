package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/sign"
)

const emptyType = types.MediaType("application/vnd.oci.empty.v1+json")

func typesOf(mediaType string) types.MediaType { return types.MediaType(mediaType) }

// Content is a record with the blobs beside it.
type Content struct {
	Predicate *Predicate
	// Facts and Listings are the blobs that the predicate names, those that it
	// names; see [NewBlob].
	Facts, Listings v1.Layer
}

// NewBlob returns a blob to lie beside a record, and what a predicate says of it.
func NewBlob(mediaType string, data []byte) (v1.Layer, *Blob) {
	l := newBytesLayer(types.MediaType(mediaType), data)
	return l, &Blob{MediaType: mediaType, Digest: l.desc.Digest.String(), Size: l.desc.Size}
}

// Compress packs a document as gzip, the same bytes each time.
func Compress(doc []byte) ([]byte, error) {
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = zip.Write(doc)
	}
	if err == nil {
		err = zip.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("compressing a part of the record: %w", err)
	}
	return out.Bytes(), nil
}

// decompress undoes Compress; a document of more than limit bytes is an error.
func decompress(data []byte, limit int64) ([]byte, error) {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("decompressing a part of the record: %w", err)
	}
	doc, err := io.ReadAll(io.LimitReader(zip, limit+1))
	if err != nil {
		return nil, fmt.Errorf("decompressing a part of the record: %w", err)
	}
	if int64(len(doc)) > limit {
		return nil, fmt.Errorf("decompressing a part of the record: more than %d bytes", limit)
	}
	return doc, nil
}

// Artifact is the OCI artifact that holds a record and refers to the image: the
// statement, unsigned, and the blobs. The same content gives the same bytes.
func Artifact(c Content, subject v1.Descriptor) (v1.Image, error) {
	statement, err := sign.NewStatement(subject.Digest, PredicateType, c.Predicate)
	if err != nil {
		return nil, err
	}
	blobs := []v1.Layer{newBytesLayer(StatementType, statement)}
	for _, b := range []v1.Layer{c.Facts, c.Listings} {
		if b != nil {
			blobs = append(blobs, b)
		}
	}
	config := newBytesLayer(emptyType, []byte("{}"))
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: ArtifactType, Config: config.desc,
		Subject: &v1.Descriptor{MediaType: subject.MediaType, Size: subject.Size, Digest: subject.Digest},
	}
	for _, b := range blobs {
		d, err := partial.Descriptor(b)
		if err != nil {
			return nil, fmt.Errorf("describing a part of the record: %w", err)
		}
		m.Layers = append(m.Layers, v1.Descriptor{MediaType: d.MediaType, Size: d.Size, Digest: d.Digest})
	}
	a := &artifact{blobs: blobs}
	if a.manifest, err = json.Marshal(m); err != nil {
		return nil, fmt.Errorf("encoding the record's manifest: %w", err)
	}
	return partial.CompressedToImage(a)
}

// artifact is an image of blobs that are no layers.
type artifact struct {
	manifest []byte
	blobs    []v1.Layer
}

func (a *artifact) RawConfigFile() ([]byte, error)      { return []byte("{}"), nil }
func (a *artifact) RawManifest() ([]byte, error)        { return a.manifest, nil }
func (a *artifact) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }

func (a *artifact) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	for _, b := range a.blobs {
		if d, err := b.Digest(); err == nil && d == h {
			return b, nil
		}
	}
	return nil, fmt.Errorf("the record has no blob %s", h)
}

// bytesLayer is a small blob in memory.
type bytesLayer struct {
	*layers.Described
	desc v1.Descriptor
	data []byte
}

func newBytesLayer(mediaType types.MediaType, data []byte) bytesLayer {
	digest, size, _ := v1.SHA256(bytes.NewReader(data)) // memory can be read
	d := v1.Descriptor{MediaType: mediaType, Size: size, Digest: digest}
	return bytesLayer{layers.NewDescribed(d, digest, nil), d, data}
}

func (b bytesLayer) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(b.data)), nil
}
func (b bytesLayer) Uncompressed() (io.ReadCloser, error) { return b.Compressed() }
