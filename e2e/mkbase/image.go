package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// inputs are the files that the image is made of.
type inputs struct {
	debs, wheels []string
	cpython      string
	emulator     string
}

// build makes the image: a layer with Debian and one with Python, as the real
// one has them, and the real one's configuration.
func build(ctx context.Context, in inputs) (v1.Image, error) {
	t := newTree()
	if err := addDebs(ctx, t, in.debs); err != nil {
		return nil, err
	}
	if err := configure(t); err != nil {
		return nil, err
	}
	debian, err := cutLayer(t)
	if err != nil {
		return nil, err
	}
	if err := addPython(t, in.cpython); err != nil {
		return nil, err
	}
	if err := addWheels(t, in.wheels); err != nil {
		return nil, err
	}
	if err := ldconfig(ctx, t, in.emulator); err != nil {
		return nil, err
	}
	python, err := cutLayer(t)
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img, err := mutate.Append(base, addendum(debian, "Debian bookworm packages"), addendum(python, "CPython "+pythonVersion))
	if err != nil {
		return nil, err
	}
	return withConfig(img)
}

func addendum(layer v1.Layer, what string) mutate.Addendum {
	return mutate.Addendum{Layer: layer, History: v1.History{Created: v1.Time{Time: epoch}, CreatedBy: "mkbase # " + what}}
}

func cutLayer(t *tree) (v1.Layer, error) {
	var buf bytes.Buffer
	if err := t.cut(&buf); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}

func withConfig(img v1.Image) (v1.Image, error) {
	cfg, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	cfg = cfg.DeepCopy()
	cfg.OS, cfg.Architecture, cfg.Variant = "linux", "arm64", "v8"
	cfg.Created = v1.Time{Time: epoch}
	cfg.Config.Env = []string{
		"PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LANG=C.UTF-8",
		"PYTHON_VERSION=" + pythonVersion,
	}
	cfg.Config.Cmd = []string{"python3"}
	return mutate.ConfigFile(img, cfg)
}

func writeLayout(dir, tag string, img v1.Image) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("writing layout %q: %w", dir, err)
	}
	if err := p.WriteImage(img); err != nil {
		return fmt.Errorf("writing layout %q: %w", dir, err)
	}
	desc, err := partial.Descriptor(img)
	if err != nil {
		return err
	}
	// An image is no artifact, whatever the helper infers from its config.
	desc.ArtifactType = ""
	desc.Annotations = map[string]string{"org.opencontainers.image.ref.name": tag}
	desc.Platform = &v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}
	if err := p.AppendDescriptor(*desc); err != nil {
		return fmt.Errorf("writing layout %q: %w", dir, err)
	}
	return nil
}
