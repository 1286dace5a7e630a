package contents

import "github.com/assemble-image/assemble/layers"

// Kind says what a layer is made of.
type Kind string

// The kinds of layers, in the order in which they lie on the base: what
// changes least comes first.
const (
	KindPackages   Kind = "packages"
	KindConfigured Kind = "configured"
	KindReplaced   Kind = "replaced"
	KindWheels     Kind = "wheels"
	KindAccounts   Kind = "accounts"
	KindApp        Kind = "app"
	KindWorkdir    Kind = "workdir"
)

// Layer is one planned layer.
type Layer struct {
	Kind Kind `json:"kind"`
	// Name says what it holds.
	Name string `json:"name"`
	// Wheels are the file names of the wheels in it.
	Wheels []string `json:"wheels,omitempty"`
	// Packages are the system packages in it, with their versions.
	Packages []string `json:"packages,omitempty"`
	// Size estimates its packed bytes.
	Size int64 `json:"size"`
	// Key identifies its bytes; it is empty where a wheel of it, which isn't
	// here, has an unknown digest.
	Key string `json:"key"`
	// KeyParts are what Key is made of.
	KeyParts []string `json:"-"`
	// Spec is what it is packed from.
	Spec layers.Spec `json:"-"`
}

// with completes a layer by its spec, name and key.
func (l Layer) with(spec layers.Spec, name string, key []string) Layer {
	spec.Name = name
	spec.CreatedBy = "assemble: " + name
	spec.Key = layers.NewKey(key...)
	l.Name, l.Size, l.Key, l.KeyParts, l.Spec = name, spec.Size, spec.Key.String(), key, spec
	return l
}
