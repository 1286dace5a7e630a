package pipeline

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/manifest"
)

// Output is a place on disk to write an image to.
type Output struct {
	// Transport is "oci", "oci-archive" or "docker-archive".
	Transport string
	// Path is the layout's directory or the archive's file; "-" is standard
	// output, for an archive.
	Path string
	// Tag names the image within it; it may be empty.
	Tag string
}

// standardOutput is the path of an archive that isn't written to a file.
const standardOutput = "-"

// ParseOutput reads "oci:DIR[:TAG]", "oci-archive:FILE[:TAG]" or
// "docker-archive:FILE[:NAME:TAG]", as containers-transports(5) has them, with
// "-" as the file for standard output.
func ParseOutput(s string) (Output, error) {
	transport, rest, ok := strings.Cut(s, ":")
	switch {
	case !ok || rest == "":
		return Output{}, fmt.Errorf("parsing output %q: must be oci:DIR, oci-archive:FILE or docker-archive:FILE", s)
	case transport != "oci" && transport != "oci-archive" && transport != "docker-archive":
		return Output{}, fmt.Errorf("parsing output %q: unknown transport %q: must be oci, oci-archive or docker-archive", s, transport)
	}
	path, tag, _ := strings.Cut(rest, ":")
	switch {
	case path == "":
		return Output{}, fmt.Errorf("parsing output %q: no path", s)
	case path == standardOutput && transport == "oci":
		return Output{}, fmt.Errorf("parsing output %q: a layout is a directory; oci-archive:- can be written to standard output", s)
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

// holdsSignature reports whether a signature can be written along.
func (o Output) holdsSignature() bool { return o.Transport != "docker-archive" }

// Streams reports whether the output goes to standard output.
func (o Output) Streams() bool { return o.Path == standardOutput }

func (o Output) write(ctx context.Context, stdout io.Writer, built *packed, signatures []v1.Image) error {
	opt := manifest.LayoutOptions{Tag: o.Tag}
	if o.holdsSignature() {
		opt.Referrers = signatures
	}
	switch {
	case o.Transport == "oci":
		return manifest.WriteLayout(ctx, o.Path, built.image, opt)
	case o.Transport == "oci-archive" && o.Streams():
		return manifest.StreamOCIArchive(ctx, stdout, built.image, opt)
	case o.Transport == "oci-archive":
		return manifest.WriteOCIArchive(ctx, o.Path, built.image, opt)
	case o.Streams():
		return manifest.StreamDockerArchive(ctx, stdout, built.image, opt)
	default:
		return manifest.WriteDockerArchive(ctx, o.Path, built.image, opt)
	}
}
