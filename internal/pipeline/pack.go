package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
)

// packed is what packing a plan gives.
type packed struct {
	layers []builtLayer
	image  v1.Image
}

// builtLayer is a layer of an image: one that was packed here, or that is taken
// from a registry.
type builtLayer struct {
	v1.Layer
	name, createdBy string
	key             string // "" for none
	cached          bool   // nothing had to be packed for it
	from            string // the image in a registry that it is taken from, "" for none
}

func ours(l *layers.Layer) builtLayer {
	b := builtLayer{Layer: l, name: l.Name(), createdBy: l.CreatedBy(), cached: l.Cached()}
	if key := l.Key(); !key.IsZero() {
		b.key = key.String()
	}
	return b
}

// packOptions say what becomes of the layers.
type packOptions struct {
	// temp is where files that packing needs are; the caller removes it once
	// the image's content isn't needed any more.
	temp string
	// oci makes an OCI image of a base of Docker's kind, too.
	oci bool
	// archive says that the image is written as a Docker archive alone.
	archive bool
	// onLayer is handed each layer as soon as it is ready; it must not block.
	onLayer func(index int, l *layers.Layer)
	// tee is as in [layers.Options].
	tee func(index int) io.Writer
}

// pack makes the plan's layers, in parallel, and the image out of them. Those
// that are taken from a registry aren't made.
func (p *Pipeline) pack(ctx context.Context, plan *Plan, opt packOptions) (*packed, error) {
	made := make([]builtLayer, len(plan.Layers))
	var missing []int
	for i := range plan.Layers {
		if t, ok := plan.taken[i]; ok {
			made[i] = t.built(&plan.Layers[i])
			continue
		}
		missing = append(missing, i)
	}
	if err := p.packThese(ctx, plan, missing, made, opt); err != nil {
		return nil, err
	}
	return p.assemble(plan, made, opt)
}

// media is the media type of the plan's layers.
func (p *Pipeline) media(plan *Plan, oci bool) (types.MediaType, error) {
	if oci {
		return types.OCILayer, nil
	}
	return manifest.LayerMediaType(plan.under())
}

// packThese packs some of the plan's layers into made.
func (p *Pipeline) packThese(ctx context.Context, plan *Plan, which []int, made []builtLayer, opt packOptions) error {
	media, err := p.media(plan, opt.oci)
	if err != nil {
		return err
	}
	specs := make([]layers.Spec, len(which))
	for k, i := range which {
		specs[k] = plan.Layers[i].Spec
	}
	meter := newPackMeter(p.report, specs)
	build := layers.Options{
		Jobs:      p.opt.Jobs,
		ModTime:   p.created,
		MediaType: media,
		TempDir:   opt.temp,
		Limits:    p.opt.Limits,
		Progress:  meter.event,
		Tee:       opt.tee,
	}
	if plan.observer != nil {
		build.Observe = plan.observer.Observe
	}
	if opt.onLayer != nil {
		build.OnLayer = opt.onLayer
	}
	if p.opt.Cache != nil && !plan.anew { // a nil *Cache would be a non-nil Store
		build.Store = p.opt.Cache
	}
	return p.report.Stage(report.StageLayers, "packing "+report.Count(len(specs), "layer"), func() (string, error) {
		list, err := layers.Build(ctx, specs, build)
		if err != nil {
			return "", err
		}
		for k, i := range which {
			made[i] = ours(list[k])
		}
		return meter.summary(list, len(plan.Layers)-len(which))
	})
}

// assemble makes the image of the plan's layers.
func (p *Pipeline) assemble(plan *Plan, made []builtLayer, opt packOptions) (*packed, error) {
	adds := make([]manifest.Addition, len(made))
	for i, l := range made {
		adds[i] = manifest.Addition{Layer: l.Layer, CreatedBy: l.createdBy, Comment: l.name, Key: l.key}
	}
	platform, err := p.platform()
	if err != nil {
		return nil, err
	}
	of := manifest.Options{Platform: platform, OCI: opt.oci}
	if plan.bare == nil {
		of.BaseName, of.BaseDigest = cmp.Or(p.cfg.BaseName, plan.base.Name), plan.Base.Digest
	}
	img, err := manifest.Assemble(plan.under(), adds, plan.Config, of)
	if err != nil {
		return nil, err
	}
	if opt.archive {
		return &packed{made, img}, nil
	}
	return &packed{made, img}, p.noteHealthcheck(img)
}

// tempDir makes a directory for files that last as long as one run.
func (p *Pipeline) tempDir() (dir string, remove func() error, err error) {
	d, err := osfile.NewTempDir()
	if err != nil {
		return "", nil, err
	}
	if d.Skipped != nil {
		p.report.Note(report.StageLayers, fmt.Sprintf("the directory for temporary files can't be used: %v; using %q", d.Skipped, filepath.Dir(d.Path())))
	}
	return d.Path(), d.Remove, nil
}
