package pipeline

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
)

// upload packs and pushes at once, and ends with the manifest under its
// digest. Where nothing needs packing, it looks first whether the registry has
// the image.
func (p *Pipeline) upload(ctx context.Context, plan *Plan, repo name.Repository, temp string, checks *preflight, signing *signing) (built *packed, digest name.Digest, err error) {
	meter := &pushMeter{}
	p.report.Begin(report.StagePush, "uploading to "+repo.Name())
	defer func() { p.report.End(report.StagePush, meter.summary(), err) }()
	if p.packedBefore(plan) {
		if built, err = p.pack(ctx, plan, packOptions{temp: temp}); err != nil {
			return nil, name.Digest{}, err
		}
		signing.look(ctx, checks, repo, built.image)
		if d, ok := p.opt.Registry.Pushed(ctx, repo, built.image); ok {
			meter.whole = true
			return built, d, nil
		}
	}
	checks.confirm()
	if built, err = p.uploadLayers(ctx, plan, built, repo, temp, checks, meter); err != nil {
		return built, name.Digest{}, err
	}
	digest, err = p.opt.Registry.PushManifest(ctx, repo, built.image)
	return built, digest, err
}

// uploadLayers pushes the base's layers and those of the plan, and packs these
// unless they are built.
func (p *Pipeline) uploadLayers(ctx context.Context, plan *Plan, built *packed, repo name.Repository, temp string, checks *preflight, meter *pushMeter) (*packed, error) {
	g, gctx := errgroup.WithContext(ctx)
	push := func(l v1.Layer) {
		g.Go(func() error {
			if err := checks.wait(gctx); err != nil {
				return err
			}
			outcome, err := p.opt.Registry.PushLayer(gctx, repo, l)
			if err == nil {
				meter.count(outcome, l)
			}
			return err
		})
	}
	baseLayers, err := plan.base.Image.Layers()
	if err != nil {
		return nil, fmt.Errorf("reading the base's layers: %w", err)
	}
	for _, l := range baseLayers {
		push(l)
	}
	if built != nil {
		for _, l := range built.layers {
			push(l)
		}
		return built, checks.instead(g.Wait())
	}
	large := streamed{open: func() (*registry.BlobWriter, error) {
		if err := checks.wait(gctx); err != nil {
			return nil, err
		}
		return p.opt.Registry.StreamBlob(gctx, repo)
	}}
	defer large.close()
	onLayer := func(i int, l *layers.Layer) {
		g.Go(func() error {
			if large.commit(i, l) {
				meter.count(registry.Uploaded, l)
			} else {
				push(l)
			}
			return nil
		})
	}
	g.Go(func() (err error) {
		built, err = p.pack(gctx, plan, packOptions{temp: temp, onLayer: onLayer, tee: large.writer})
		return err
	})
	// What was asked has been answered by then: the manifest decides.
	err = checks.instead(g.Wait())
	return built, err
}
