package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/manifest"
)

// Output is a place on disk to write an image to.
type Output struct {
	// Transport is "oci", "oci-archive" or "docker-archive".
	Transport string
	// Path is the layout's directory or the archive's file.
	Path string
	// Tag names the image within it; it may be empty.
	Tag string
}

// ParseOutput reads "oci:DIR[:TAG]", "oci-archive:FILE[:TAG]" or
// "docker-archive:FILE[:NAME:TAG]", as containers-transports(5) has them.
func ParseOutput(s string) (Output, error) {
	transport, rest, ok := strings.Cut(s, ":")
	switch {
	case !ok || rest == "":
		return Output{}, fmt.Errorf("parsing output %q: must be oci:DIR, oci-archive:FILE or docker-archive:FILE", s)
	case transport != "oci" && transport != "oci-archive" && transport != "docker-archive":
		return Output{}, fmt.Errorf("parsing output %q: unknown transport %q: must be oci, oci-archive or docker-archive", s, transport)
	}
	path, tag, _ := strings.Cut(rest, ":")
	if path == "" {
		return Output{}, fmt.Errorf("parsing output %q: no path", s)
	}
	return Output{Transport: transport, Path: filepath.Clean(path), Tag: tag}, nil
}

func (o Output) String() string {
	s := o.Transport + ":" + o.Path
	if o.Tag != "" {
		s += ":" + o.Tag
	}
	return s
}

// Check finds what would keep the image from being written, as far as can be
// told before it is there.
func (o Output) Check() error {
	fi, err := os.Stat(o.Path)
	switch {
	case err == nil && o.Transport == "oci" && !fi.IsDir():
		return fmt.Errorf("writing to %q: %q is not a directory, which a layout needs", o, o.Path)
	case err == nil && o.Transport != "oci" && fi.IsDir():
		return fmt.Errorf("writing to %q: %q is a directory, but an archive is a file", o, o.Path)
	case err != nil && o.Transport != "oci":
		if _, err := os.Stat(filepath.Dir(o.Path)); err != nil {
			return fmt.Errorf("writing to %q: directory %q: %w", o, filepath.Dir(o.Path), osfile.WithoutPath(err))
		}
	}
	return nil
}

// holdsSignature reports whether a signature can be written along.
func (o Output) holdsSignature() bool { return o.Transport != "docker-archive" }

func (o Output) write(ctx context.Context, built *packed, signatures []v1.Image) error {
	opt := manifest.LayoutOptions{Tag: o.Tag, Referrers: signatures}
	switch o.Transport {
	case "oci":
		return manifest.WriteLayout(ctx, o.Path, built.image, opt)
	case "oci-archive":
		return manifest.WriteOCIArchive(ctx, o.Path, built.image, opt)
	default:
		return manifest.WriteDockerArchive(ctx, o.Path, built.image, manifest.LayoutOptions{Tag: o.Tag})
	}
}
