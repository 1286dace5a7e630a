package manifest_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

// A layer is put on a base, and the image is kept in an OCI layout.
func ExampleAssemble() {
	base := embeddedbase.Image(embeddedbase.Options{})
	app := embeddedbase.Layer(types.OCILayer, embeddedbase.File{Path: "app/main.py", Data: "print('hello')\n"})
	img, err := manifest.Assemble(base,
		[]manifest.Addition{{Layer: app, CreatedBy: "COPY app"}},
		manifest.Config{Entrypoint: []string{"python", "/app/main.py"}, User: "1000"},
		manifest.Options{Platform: v1.Platform{OS: "linux", Architecture: "arm64"}},
	)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	layout := filepath.Join(dir, "image")
	if err := manifest.WriteLayout(context.Background(), layout, img, manifest.LayoutOptions{Tag: "v1"}); err != nil {
		log.Fatal(err)
	}
	back, err := manifest.ReadLayout(layout, "v1", v1.Platform{})
	if err != nil {
		log.Fatal(err)
	}
	m, err := back.Manifest()
	if err != nil {
		log.Fatal(err)
	}
	digest, err := back.Digest()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(m.Layers), "layers")
	fmt.Println(digest)
	// Output:
	// 3 layers
	// sha256:d299278596528a1a885f4e42c900b1d91d49165fb5480906c2c23ae857fed08c
}

// Images for several platforms become one index, whatever their order.
func ExampleIndex() {
	idx, err := manifest.Index([]v1.Image{
		embeddedbase.Image(embeddedbase.Options{Arch: "arm64"}),
		embeddedbase.Image(embeddedbase.Options{Arch: "amd64"}),
	}, manifest.IndexOptions{})
	if err != nil {
		log.Fatal(err)
	}
	m, err := idx.IndexManifest()
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range m.Manifests {
		fmt.Println(d.Platform)
	}
	// Output:
	// linux/amd64
	// linux/arm64/v8
}
