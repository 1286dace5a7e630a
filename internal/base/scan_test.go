package base_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

// noLayers is an image whose layers can't be read.
type noLayers struct{ v1.Image }

func (noLayers) Layers() ([]v1.Layer, error) { return nil, errors.New("layers are asked for") }

// swapped is an image with other layers than its configuration lists.
type swapped struct {
	v1.Image
	layers []v1.Layer
}

func (s swapped) Layers() ([]v1.Layer, error) { return s.layers, nil }

func TestHostileLayers(t *testing.T) {
	long := strings.Repeat("a/", 2000)
	for _, tt := range []struct {
		name  string
		files []embeddedbase.File
		want  string
	}{
		{"dangling hard link", []embeddedbase.File{{Path: "x", Hard: "gone"}}, "which does not exist"},
		{"hard link to a directory", []embeddedbase.File{{Path: "x", Hard: "etc"}}, "which does not exist"},
		{"below a file", []embeddedbase.File{{Path: "etc/passwd/x"}}, "not a directory"},
		{"behind a loop", []embeddedbase.File{{Path: "a", Link: "b"}, {Path: "b", Link: "a"}, {Path: "a/x"}}, "loop of symbolic links"},
		{"empty whiteout", []embeddedbase.File{{Path: "etc/.wh."}}, "whiteout of nothing"},
		{"long name", []embeddedbase.File{{Path: long + long + "x"}}, "longer than 4096 bytes"},
		{"long by links", []embeddedbase.File{{Path: long}, {Path: "l", Link: long}, {Path: long + "m", Link: long}, {Path: "l/m/x"}}, "longer than 4096 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := base.ReadFacts(t.Context(), embeddedbase.Image(on(tt.files...)), base.FactsOptions{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("the error is %v, not about %q", err, tt.want)
			}
			if !strings.Contains(err.Error(), "layer 3") {
				t.Errorf("the error doesn't name the layer: %v", err)
			}
			if len(err.Error()) > 500 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestNamesStayInsideTheRoot(t *testing.T) {
	f := read(t, on(embeddedbase.File{Path: "../../../srv/../srv/in/"}, embeddedbase.File{Path: "out", Link: "../../.."}, embeddedbase.File{Path: "out/srv/too/"}))
	for _, dir := range []string{"/srv/in", "/srv/too"} {
		if !f.HasDir(dir) {
			t.Errorf("%s is missing", dir)
		}
	}
}

func TestLayerMustMatchItsDiffID(t *testing.T) {
	img := embeddedbase.Image(embeddedbase.Options{})
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	other := embeddedbase.Layer(types.OCILayer, embeddedbase.File{Path: "etc/"})
	_, err = base.ReadFacts(t.Context(), swapped{img, []v1.Layer{layers[0], other}}, base.FactsOptions{})
	if err == nil || !strings.Contains(err.Error(), "its diffID is") {
		t.Errorf("the error is %v", err)
	}
	_, err = base.ReadFacts(t.Context(), swapped{img, layers[:1]}, base.FactsOptions{})
	if err == nil {
		t.Error("a missing layer is not noticed")
	}
}

func TestReadFactsStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := base.ReadFacts(ctx, embeddedbase.Image(embeddedbase.Options{}), base.FactsOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
