package pipeline

import (
	"context"
	"errors"
	"io"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/trust"
)

// WriteOptions says what happens between the packing and the writing.
type WriteOptions struct {
	// Smoke is the test that comes before the writing.
	Smoke SmokeOptions
	// Password answers for the signing key's password. It is asked only
	// when the image is signed.
	Password func() ([]byte, error)
	// Stdout takes the archive of an output that streams.
	Stdout io.Writer
}

// Write builds the plan's image and writes it to outs, touching no registry
// but the base's. Where a key is configured, its signature goes into layouts
// and OCI archives too.
func (p *Pipeline) Write(ctx context.Context, plan *Plan, outs []Output, opt WriteOptions) (_ *Result, err error) {
	if err := p.CheckOutputs(outs); err != nil {
		return nil, err
	}
	key, err := p.outputKey(outs, opt.Password)
	if err != nil {
		return nil, err
	}
	temp, remove, err := p.tempDir()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	// Readers of layouts don't look for Docker's manifests there.
	oci := slices.ContainsFunc(outs, func(o Output) bool { return o.Transport != "docker-archive" })
	built, err := p.packWithKey(ctx, plan, packOptions{temp: temp, oci: oci, archive: !oci}, key)
	if err != nil {
		return nil, err
	}
	result, err := p.newResult(plan, built)
	if err != nil {
		return nil, err
	}
	if result.Smoke, err = p.smokeBuilt(ctx, plan, built.image, result.Digest, opt.Smoke); err != nil {
		return nil, err
	}
	var signatures []v1.Image
	if key != nil {
		signature, err := p.signWritten(key, built.image, result)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	for _, o := range outs {
		err := p.report.Stage(report.StageWrite, "writing "+o.String(), func() (string, error) {
			return o.String(), o.write(ctx, opt.Stdout, built, signatures)
		})
		if err != nil {
			return nil, err
		}
		result.Outputs = append(result.Outputs, o.String())
	}
	p.noteModels(plan)
	result.finish(p.report)
	return result, nil
}

// packWithKey packs, and opens the key meanwhile, if there is one: a key that
// can't be opened ends the packing.
func (p *Pipeline) packWithKey(ctx context.Context, plan *Plan, opt packOptions, key *trust.Key) (built *packed, err error) {
	g, ctx := errgroup.WithContext(ctx)
	if key != nil {
		g.Go(func() error {
			_, err := key.Open()
			return err
		})
	}
	g.Go(func() (err error) {
		built, err = p.pack(ctx, plan, opt)
		return err
	})
	err = g.Wait()
	return built, err
}
