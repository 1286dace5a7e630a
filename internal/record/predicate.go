package record

import (
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	// PredicateType marks a build record among in-toto statements.
	PredicateType = "https://github.com/assemble-image/assemble/record/v1"
	// Format is the version of [Predicate]; a record of another one isn't read.
	Format = 1

	// ArtifactType is that of the referrer that holds a record.
	ArtifactType = "application/vnd.assemble-image.record.v1+json"
	// The media types of its blobs: the statement, the facts about the base and
	// the listings of the wheels' paths.
	StatementType = "application/vnd.in-toto+json"
	FactsType     = "application/vnd.assemble-image.record.base.v1+json+gzip"
	ListingsType  = "application/vnd.assemble-image.record.paths.v1+jsonl+gzip"
)

// Predicate says what an image was made of, and what must be known to plan the
// next one without any of it. docs/record.schema.json describes it.
type Predicate struct {
	Format   int    `json:"format"`
	Platform string `json:"platform"`
	Base     Base   `json:"base"`
	// Options are those that layers depend on.
	Options Options `json:"options"`
	// Install are the parts that the keys of all wheels' layers have in common,
	// in order: the formats, where wheels are installed, the time of files, and
	// which of the base's directories exist.
	Install []string `json:"install,omitempty"`
	Wheels  []Wheel  `json:"wheels,omitempty"`
	// Set is what the wheels tell together: paths that are lost to others, how a
	// large wheel is split, programs and problems.
	Set *Set `json:"set,omitempty"`
	// Packages are the system packages.
	Packages []Package `json:"packages,omitempty"`
	// Layers are those on top of the base, from below.
	Layers []Layer `json:"layers"`
}

// Base is the image that the layers lie on.
type Base struct {
	Name string `json:"name,omitempty"`
	// Digest is that of its manifest, Config that of its configuration.
	Digest string `json:"digest"`
	Config string `json:"config"`
	Layers int    `json:"layers"`
	// Facts is the blob with what its layers tell.
	Facts *Blob `json:"facts,omitempty"`
}

// Options are those that layers depend on beside their content.
type Options struct {
	// Format is layers.FormatVersion.
	Format     int   `json:"layersFormat"`
	Budget     int   `json:"budget"`
	MaxLayer   int64 `json:"maxLayer"`
	ModTime    int64 `json:"modTime"`
	SkipRecord bool  `json:"recordNotVerified,omitempty"`
}

// Wheel is one of the image's wheels.
type Wheel struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	File    string `json:"file"`
	SHA256  string `json:"sha256"`
	Size    int64  `json:"size"`
}

// Set is what a set of wheels tells.
type Set struct {
	// Key identifies the wheels, their order, and all else that it depends on.
	// Both are empty in the record of a shard, which doesn't have all wheels.
	Key   string          `json:"key,omitempty"`
	Facts json.RawMessage `json:"facts,omitempty"`
	// Listings is the blob with all paths of the wheels, ListingKey what it
	// depends on beside the wheels.
	ListingKey string `json:"listingKey,omitempty"`
	Listings   *Blob  `json:"listings,omitempty"`
}

// Package is one of the system packages.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	File    string `json:"file,omitempty"`
	SHA256  string `json:"sha256,omitempty"`
	Size    int64  `json:"size,omitempty"`
}

// Layer is one layer, with the inputs that its key is made of.
type Layer struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Key is in lower-case hex; it is empty where the layer has none.
	Key string `json:"key,omitempty"`
	// Inputs are what the key is the SHA-256 of, by layers.NewKey. Where Install
	// is set, [Predicate.Install] comes between Inputs[:At] and Inputs[At:].
	Inputs  []string `json:"inputs,omitempty"`
	Install bool     `json:"install,omitempty"`
	At      int      `json:"at,omitempty"`
	Digest  string   `json:"digest"`
	DiffID  string   `json:"diffID"`
	Size    int64    `json:"size"`
	// Wheels are the places of its wheels in [Predicate.Wheels].
	Wheels []int `json:"wheels,omitempty"`
}

// Blob is a blob beside the record.
type Blob struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

// descriptor returns the blob's descriptor; false where it isn't valid.
func (b *Blob) descriptor() (v1.Descriptor, bool) {
	if b == nil || b.Size <= 0 {
		return v1.Descriptor{}, false
	}
	h, err := v1.NewHash(b.Digest)
	return v1.Descriptor{MediaType: typesOf(b.MediaType), Digest: h, Size: b.Size}, err == nil && h.Algorithm == "sha256"
}
