package embeddedbase

import (
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Options varies the image. The zero value is that which is built in.
type Options struct {
	// Arch is the architecture; empty means arm64. Only arm64 and amd64 have
	// the right library directories.
	Arch string
	// Docker makes a Docker manifest instead of an OCI one.
	Docker bool
	// WithoutPython leaves the second layer out.
	WithoutPython bool
	// WithoutHistory makes a configuration without a history.
	WithoutHistory bool
	// Env is added to the configuration's environment as it is.
	Env []string
	// Layers go on top, one for each list.
	Layers [][]File
}

// pythonVersion is the release that the skeleton claims to be.
const pythonVersion = "3.10.19"

// Image makes the base: a layer with the skeleton of a merged-usr Debian
// bookworm and one with that of CPython 3.10 under /usr/local. Equal options
// make equal bytes. It panics on options that make no image.
func Image(opt Options) v1.Image {
	if opt.Arch == "" {
		opt.Arch = "arm64"
	}
	manifestType, configType, layerType := types.OCIManifestSchema1, types.OCIConfigJSON, types.OCILayer
	if opt.Docker {
		manifestType, configType, layerType = types.DockerManifestSchema2, types.DockerConfigJSON, types.DockerLayer
	}
	created := v1.Time{Time: time.Date(2025, 10, 9, 0, 0, 0, 0, time.UTC)}
	add := func(by string, files []File) mutate.Addendum {
		return mutate.Addendum{
			Layer: Layer(layerType, files...), MediaType: layerType,
			History: v1.History{Created: created, CreatedBy: by},
		}
	}
	adds := []mutate.Addendum{add("skeleton of Debian bookworm", debian(opt.Arch))}
	if !opt.WithoutPython {
		adds = append(adds, add("skeleton of CPython "+pythonVersion, python()))
	}
	for _, files := range opt.Layers {
		adds = append(adds, add("more files", files))
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, manifestType), configType)
	img, err := mutate.Append(img, adds...)
	must(err)
	cf, err := img.ConfigFile()
	must(err)
	cf = cf.DeepCopy()
	cf.OS, cf.Architecture, cf.Created = "linux", opt.Arch, created
	if opt.Arch == "arm64" {
		cf.Variant = "v8"
	}
	cf.Config.Env = environment(opt)
	cf.Config.Cmd = []string{"python3"}
	if opt.WithoutPython {
		cf.Config.Cmd = []string{"bash"}
	}
	if opt.WithoutHistory {
		cf.History = nil
	}
	img, err = mutate.ConfigFile(img, cf)
	must(err)
	return img
}

func environment(opt Options) []string {
	env := []string{"PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	if !opt.WithoutPython {
		env = append(env, "LANG=C.UTF-8", "PYTHON_VERSION="+pythonVersion)
	}
	return append(env, opt.Env...)
}
