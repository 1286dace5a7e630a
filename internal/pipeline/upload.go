package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
)

// upload packs and pushes at once, and ends with the manifest under its
// digest. Where nothing needs packing, it looks first whether the registry has
// the image.
func (p *Pipeline) upload(ctx context.Context, plan *Plan, repo name.Repository, run uploadRun) (built *packed, digest name.Digest, err error) {
	meter := &pushMeter{}
	p.report.Begin(report.StagePush, "uploading to "+repo.Name())
	defer func() { p.report.End(report.StagePush, meter.summary(), err) }()
	if p.packedBefore(plan) {
		if built, err = p.pack(ctx, plan, packOptions{temp: run.temp}); err != nil {
			return nil, name.Digest{}, err
		}
		if digest, err := built.image.Digest(); err == nil {
			run.signing.look(ctx, run.checks, &recording{p: p, plan: plan, at: repo.Digest(digest.String()), signing: run.signing})
		}
		if d, ok := p.opt.Registry.Pushed(ctx, repo, built.image); ok {
			meter.whole = true
			return built, d, nil
		}
	}
	run.checks.confirm()
	if built, err = p.uploadLayers(ctx, plan, built, repo, run.temp, run.checks, meter); err != nil {
		return built, name.Digest{}, err
	}
	digest, err = p.opt.Registry.PushManifest(ctx, repo, built.image)
	return built, digest, err
}

// uploadLayers pushes the base's layers and those of the plan, and packs these
// unless they are built or taken from a registry.
func (p *Pipeline) uploadLayers(ctx context.Context, plan *Plan, built *packed, repo name.Repository, temp string, checks *preflight, meter *pushMeter) (*packed, error) {
	u := &uploading{p: p, plan: plan, repo: repo, temp: temp, checks: checks, meter: meter}
	if built == nil {
		built = &packed{layers: make([]builtLayer, len(plan.Layers))}
	}
	err := u.all(ctx, built)
	if err == nil && len(u.failed) > 0 {
		err = u.repair(ctx, built)
	}
	if err == nil && (built.image == nil || len(u.failed) > 0) {
		built, err = p.assemble(plan, built.layers, packOptions{})
	}
	return built, checks.instead(err)
}

// uploading is one upload of an image's layers.
type uploading struct {
	p      *Pipeline
	plan   *Plan
	repo   name.Repository
	temp   string
	checks *preflight
	meter  *pushMeter

	mu     sync.Mutex
	failed []int // layers that were to be taken from a registry and can't be
}

// push brings one layer to the registry, once that lets us push.
func (u *uploading) push(ctx context.Context, l v1.Layer) error {
	if err := u.checks.wait(ctx); err != nil {
		return err
	}
	outcome, err := u.p.opt.Registry.PushLayer(ctx, u.repo, l)
	if err == nil {
		u.meter.count(outcome, l)
	}
	return err
}

// all brings all layers there: the base's, those that are taken or known, and
// others as they are packed.
func (u *uploading) all(ctx context.Context, built *packed) error {
	g, gctx := errgroup.WithContext(ctx)
	push := func(l v1.Layer) { g.Go(func() error { return u.push(gctx, l) }) }
	baseLayers, err := u.plan.under().Layers()
	if err != nil {
		return fmt.Errorf("reading the base's layers: %w", err)
	}
	for _, l := range baseLayers {
		g.Go(func() error { return u.pushBase(gctx, l) })
	}
	var missing []int
	for i := range u.plan.Layers {
		t, ok := u.plan.taken[i]
		switch {
		case ok:
			built.layers[i] = t.built(&u.plan.Layers[i])
			g.Go(func() error { return u.pushTaken(gctx, i, t) })
		case built.image != nil:
			push(built.layers[i].Layer)
		default:
			missing = append(missing, i)
		}
	}
	if built.image != nil {
		return u.checks.instead(g.Wait())
	}
	return u.pack(gctx, g, missing, built)
}

// pushBase brings a layer of the base there: from an image of the same registry
// that has it, too, where one is known, so that the base's need not be asked.
// Its digest says what it is, whoever has put it there.
func (u *uploading) pushBase(ctx context.Context, l v1.Layer) error {
	d, err := partial.Descriptor(l)
	if err != nil {
		return u.push(ctx, l) // which tells
	}
	for _, f := range u.p.elsewhere.seen() {
		if f.Image.RegistryStr() == u.repo.RegistryStr() && f.HasBlob(d.Digest) {
			if u.push(ctx, u.p.opt.Registry.LayerAt(f.Image.Context(), *d, v1.Hash{})) == nil {
				return nil
			}
		}
	}
	return u.push(ctx, l)
}

// pushTaken brings a layer there that an image in a registry has. That it can't
// be had is no failure: it is packed.
func (u *uploading) pushTaken(ctx context.Context, i int, t taken) error {
	err := u.push(ctx, t.layer)
	if err == nil || ctx.Err() != nil || u.checks.failed() != nil {
		return err
	}
	u.p.noteLie(u.plan.Layers[i].Name, t.from, err)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.failed = append(u.failed, i)
	return nil
}

// repair packs the layers that could not be taken.
func (u *uploading) repair(ctx context.Context, built *packed) error {
	slices.Sort(u.failed)
	for _, i := range u.failed {
		delete(u.plan.taken, i)
	}
	if err := u.p.complete(ctx, u.plan, func(i int) bool { return slices.Contains(u.failed, i) }); err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	return u.pack(gctx, g, u.failed, built)
}

// pack packs some layers, and pushes each as soon as it is ready. It waits for
// all that g does.
func (u *uploading) pack(ctx context.Context, g *errgroup.Group, which []int, built *packed) error {
	large := streamed{open: func() (*registry.BlobWriter, error) {
		if err := u.checks.wait(ctx); err != nil {
			return nil, err
		}
		return u.p.opt.Registry.StreamBlob(ctx, u.repo)
	}}
	defer large.close()
	onLayer := func(k int, l *layers.Layer) {
		g.Go(func() error {
			if large.commit(k, l) {
				u.meter.count(registry.Uploaded, l)
				return nil
			}
			return u.push(ctx, l)
		})
	}
	g.Go(func() error {
		return u.p.packThese(ctx, u.plan, which, built.layers, packOptions{temp: u.temp, onLayer: onLayer, tee: large.writer})
	})
	// What was asked has been answered by then: the manifest decides.
	return u.checks.instead(g.Wait())
}
