package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/report"
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
		return Output{}, fmt.Errorf("parsing output %q: it is oci:DIR, oci-archive:FILE or docker-archive:FILE", s)
	case transport != "oci" && transport != "oci-archive" && transport != "docker-archive":
		return Output{}, fmt.Errorf("parsing output %q: no transport %q: it is oci, oci-archive or docker-archive", s, transport)
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
		return fmt.Errorf("writing to %q: %q is no directory, as a layout is", o, o.Path)
	case err == nil && o.Transport != "oci" && fi.IsDir():
		return fmt.Errorf("writing to %q: %q is a directory, and an archive is a file", o, o.Path)
	case err != nil && o.Transport != "oci":
		if _, err := os.Stat(filepath.Dir(o.Path)); err != nil {
			return fmt.Errorf("writing to %q: directory %q: %w", o, filepath.Dir(o.Path), withoutPath(err))
		}
	}
	return nil
}

// Write builds the plan's image and writes it to outs, touching no registry
// but the base's.
func (p *Pipeline) Write(ctx context.Context, plan *Plan, outs []Output, opt SmokeOptions) (_ *Result, err error) {
	if !p.cfg.Sign.Key.IsZero() {
		p.report.Note(report.StageWrite, "sign.key is left for push: what is written to disk isn't signed")
	}
	temp, remove, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	// Readers of layouts don't look for Docker's manifests there.
	oci := slices.ContainsFunc(outs, func(o Output) bool { return o.Transport != "docker-archive" })
	built, err := p.pack(ctx, plan, packOptions{temp: temp, oci: oci})
	if err != nil {
		return nil, err
	}
	result, err := p.newResult(plan, built)
	if err != nil {
		return nil, err
	}
	if result.Smoke, err = p.smoke(ctx, built.image, result.Digest, opt); err != nil {
		return nil, err
	}
	for _, o := range outs {
		err := p.report.Stage(report.StageWrite, "writing "+o.String(), func() (string, error) {
			return o.String(), o.write(ctx, built)
		})
		if err != nil {
			return nil, err
		}
		result.Outputs = append(result.Outputs, o.String())
	}
	result.finish(p.report)
	return result, nil
}

func (o Output) write(ctx context.Context, built *packed) error {
	switch o.Transport {
	case "oci":
		return manifest.WriteLayout(ctx, o.Path, built.image, manifest.LayoutOptions{Tag: o.Tag})
	case "oci-archive":
		return manifest.WriteOCIArchive(ctx, o.Path, built.image, manifest.LayoutOptions{Tag: o.Tag})
	default:
		return manifest.WriteDockerArchive(ctx, o.Path, built.image, manifest.LayoutOptions{Tag: o.Tag})
	}
}
