package pipeline

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/manifest"
)

// PackOptions say which layers are packed, and who signs for them.
type PackOptions struct {
	// Shard is the part of the layers; the zero value is all of them.
	Shard Shard
	// Password is as in [PushOptions].
	Password func() ([]byte, error)
}

// Pack packs the layers of the lock's wheels, or a shard of them, and pushes an
// image of these layers alone, with its build record: other pushes take layers
// from it. A shard downloads its own wheels and the file names of the others.
func (p *Pipeline) Pack(ctx context.Context, to name.Tag, opt PackOptions) (*Result, error) {
	result, digest, err := p.packUntagged(ctx, to, opt)
	if err != nil {
		return nil, &UntaggedError{err}
	}
	err = p.report.Stage(report.StageTag, to.Name(), func() (string, error) {
		return to.Name(), p.opt.Registry.Tag(ctx, digest, to)
	})
	if err != nil {
		return nil, err
	}
	result.Tag = to.Name()
	result.finish(p.report)
	return result, nil
}

func (p *Pipeline) packUntagged(ctx context.Context, to name.Tag, opt PackOptions) (result *Result, digest name.Digest, err error) {
	err = p.uploading(ctx, to.Context(), PushOptions{Password: opt.Password}, func(ctx context.Context, run uploadRun) error {
		if run.signing.key != nil {
			run.checks.openKey(run.signing.key)
		}
		p.elsewhere = p.elsewhereFor(to, run.signing.key)
		plan, err := p.planShard(ctx, opt.Shard)
		if err != nil {
			return err
		}
		if err := p.take(ctx, plan, to.Context()); err != nil {
			return err
		}
		built, at, err := p.upload(ctx, plan, to.Context(), run)
		if err != nil {
			return err
		}
		digest = at
		result, err = p.finishUpload(ctx, run, plan, built, at, nil)
		return err
	})
	if err != nil {
		return nil, name.Digest{}, err
	}
	return result, digest, nil
}

// planShard plans the layers of the wheels as a push would, and keeps those of the
// shard.
func (p *Pipeline) planShard(ctx context.Context, shard Shard) (*Plan, error) {
	t, err := p.openTarget(ctx, target.Options{Files: !p.cfg.Packages.IsZero()})
	if err != nil {
		return nil, err
	}
	bare, err := p.bareImage()
	if err != nil {
		return nil, err
	}
	plan := &Plan{
		Base:     BaseInfo{Reference: t.Image.Ref, Digest: t.Image.Digest.String(), Layers: t.BaseLayers},
		Platform: p.cfg.Platform, base: t.Image, target: t, bare: bare,
	}
	ground, err := p.planPackages(ctx, contents.NewGround(t), plan, p.ownLayers(), inputs{})
	if err != nil {
		return nil, err
	}
	find := p.supply.Wheels
	if shard.Of > 1 {
		find = p.supply.Outlined
	}
	if _, err := p.planLock(ctx, ground, plan, nil, inputs{wheels: find}); err != nil {
		return nil, err
	}
	plan.Layers = slices.DeleteFunc(plan.Layers, func(l contents.Layer) bool {
		return l.Key == "" || l.Kind != contents.KindWheels && l.Kind != contents.KindPackages
	})
	p.keepShard(plan, shard)
	plan.Config = manifest.Config{Created: p.created}
	return plan, nil
}

// keepShard leaves of a plan's layers those of the shard.
func (p *Pipeline) keepShard(plan *Plan, shard Shard) {
	if shard.Of <= 1 {
		return
	}
	mine := assign(plan.Layers, shard.Of)
	var kept []contents.Layer
	for i, l := range plan.Layers {
		if mine[i] == shard.Index {
			kept = append(kept, l)
		}
	}
	p.report.Note(report.StageWheels, fmt.Sprintf("shard %s packs %d of %s", shard, len(kept), report.Count(len(plan.Layers), "layer")))
	plan.Layers = kept
}

// bareImage is an OCI image without layers for the config's platform.
func (p *Pipeline) bareImage() (v1.Image, error) {
	platform, err := p.platform()
	if err != nil {
		return nil, err
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	return mutate.ConfigFile(img, &v1.ConfigFile{
		OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant,
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{}},
	})
}
