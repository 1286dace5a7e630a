package serve

import (
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// document is what must be known of any manifest or index.
type document struct {
	MediaType    string            `json:"mediaType"`
	ArtifactType string            `json:"artifactType"`
	Annotations  map[string]string `json:"annotations"`
	Subject      *v1.Descriptor    `json:"subject"`
	Config       *v1.Descriptor    `json:"config"`
	Layers       []v1.Descriptor   `json:"layers"`
	Manifests    []v1.Descriptor   `json:"manifests"`
}

func parseDocument(raw []byte) (*document, error) {
	d := new(document)
	err := json.Unmarshal(raw, d)
	return d, err
}

// blobs are those that a manifest names.
func (d *document) blobs() []v1.Descriptor {
	if d.Config == nil {
		return d.Layers
	}
	return append([]v1.Descriptor{*d.Config}, d.Layers...)
}

// artifactType is how it is listed among referrers (distribution-spec, "Listing
// Referrers").
func (d *document) artifactType() string {
	if d.ArtifactType == "" && d.Config != nil {
		return string(d.Config.MediaType)
	}
	return d.ArtifactType
}
