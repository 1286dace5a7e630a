package modelpack

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// annotationModel begins the annotations of an image that name models: with the
// model's name it has the digest, and with ".path" after that where the image
// expects it.
const annotationModel = "io.github.assemble-image.model."

const pathSuffix = ".path"

// Annotate names a model in an image's annotations.
func Annotate(annotations map[string]string, a *Artifact, at string) {
	annotations[annotationModel+a.Name] = a.Digest.String()
	annotations[annotationModel+a.Name+pathSuffix] = at
}

// Reference is a model that an image names.
type Reference struct {
	Name   string  `json:"name"`
	Digest v1.Hash `json:"digest"`
	// Path is where the image expects it.
	Path string `json:"path,omitempty"`
}

// Named lists the models that an image's annotations name, by name.
func Named(annotations map[string]string) ([]Reference, error) {
	var list []Reference
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		name, ok := strings.CutPrefix(key, annotationModel)
		if !ok || strings.HasSuffix(name, pathSuffix) {
			continue
		}
		digest, err := v1.NewHash(annotations[key])
		if err != nil {
			return nil, fmt.Errorf("reading the annotation %q: %w", key, err)
		}
		list = append(list, Reference{Name: name, Digest: digest, Path: annotations[key+pathSuffix]})
	}
	return list, nil
}
