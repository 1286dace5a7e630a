package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/sign"
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
			return fmt.Errorf("writing to %q: directory %q: %w", o, filepath.Dir(o.Path), withoutPath(err))
		}
	}
	return nil
}

// holdsSignature reports whether a signature can be written along.
func (o Output) holdsSignature() bool { return o.Transport != "docker-archive" }

// WriteOptions says what happens between the packing and the writing.
type WriteOptions struct {
	// Smoke is the test that comes before the writing.
	Smoke SmokeOptions
	// Password answers for the signing key's password. It is asked only
	// when the image is signed.
	Password func() ([]byte, error)
}

// Write builds the plan's image and writes it to outs, touching no registry
// but the base's. Where a key is configured, its signature goes into layouts
// and OCI archives too.
func (p *Pipeline) Write(ctx context.Context, plan *Plan, outs []Output, opt WriteOptions) (_ *Result, err error) {
	signer, err := p.outputSigner(outs, opt.Password)
	if err != nil {
		return nil, err
	}
	temp, remove, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	// Readers of layouts don't look for Docker's manifests there.
	oci := slices.ContainsFunc(outs, func(o Output) bool { return o.Transport != "docker-archive" })
	var built *packed
	if signer != nil {
		signer.early = true // nothing tells whether it was signed before
	}
	err = signer.during(ctx, func(ctx context.Context) (err error) {
		built, err = p.pack(ctx, plan, packOptions{temp: temp, oci: oci})
		return err
	})
	if err != nil {
		return nil, err
	}
	result, err := p.newResult(plan, built)
	if err != nil {
		return nil, err
	}
	if result.Smoke, err = p.smoke(ctx, built.image, result.Digest, opt.Smoke); err != nil {
		return nil, err
	}
	var signatures []v1.Image
	if signer != nil {
		signature, err := p.signWritten(signer, built.image, result)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	for _, o := range outs {
		err := p.report.Stage(report.StageWrite, "writing "+o.String(), func() (string, error) {
			return o.String(), o.write(ctx, built, signatures)
		})
		if err != nil {
			return nil, err
		}
		result.Outputs = append(result.Outputs, o.String())
	}
	result.finish(p.report)
	return result, nil
}

// outputSigner opens the configured key where one of outs can hold its
// signature, and notes those that can't. It returns nil where nothing is
// signed.
func (p *Pipeline) outputSigner(outs []Output, password func() ([]byte, error)) (*signer, error) {
	if p.cfg.Sign.Key.IsZero() {
		return nil, nil //nolint:nilnil // no key is a valid answer, and not an error
	}
	for _, o := range outs {
		if !o.holdsSignature() {
			p.report.Note(report.StageWrite, fmt.Sprintf("%s isn't signed: a Docker archive can't hold a signature; sign.key is ignored", o))
		}
	}
	if !slices.ContainsFunc(outs, Output.holdsSignature) {
		return nil, nil //nolint:nilnil // as above
	}
	return p.signer(password)
}

// signWritten signs an image that is to be written, and tells the result.
func (p *Pipeline) signWritten(s *signer, img v1.Image, result *Result) (signature v1.Image, err error) {
	err = p.report.Stage(report.StageSign, "signing", func() (string, error) {
		key, err := s.open()
		if err != nil {
			return "", err
		}
		subject, err := partial.Descriptor(img)
		if err != nil {
			return "", fmt.Errorf("describing the image: %w", err)
		}
		if signature, err = (sign.Attachment{}).Artifact(key, *subject); err != nil {
			return "", err
		}
		digest, err := signature.Digest()
		result.Signature = digest.String()
		return result.Signature, err
	})
	return signature, err
}

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
