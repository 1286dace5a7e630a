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
	layers []*layers.Layer
	image  v1.Image
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

// pack makes the plan's layers, in parallel, and the image out of them.
func (p *Pipeline) pack(ctx context.Context, plan *Plan, opt packOptions) (*packed, error) {
	media := types.OCILayer
	if !opt.oci {
		var err error
		if media, err = manifest.LayerMediaType(plan.base.Image); err != nil {
			return nil, err
		}
	}
	specs := make([]layers.Spec, len(plan.Layers))
	for i, l := range plan.Layers {
		specs[i] = l.Spec
	}
	meter := newPackMeter(p.report, specs)
	build := layers.Options{
		Jobs:      p.opt.Jobs,
		ModTime:   p.created,
		MediaType: media,
		TempDir:   opt.temp,
		Limits:    p.opt.Limits,
		Progress:  meter.event,
		OnLayer:   opt.onLayer,
		Tee:       opt.tee,
	}
	if p.opt.Cache != nil { // a nil *Cache would be a non-nil Store
		build.Store = p.opt.Cache
	}
	out := &packed{}
	err := p.report.Stage(report.StageLayers, "packing "+report.Count(len(specs), "layer"), func() (string, error) {
		var err error
		if out.layers, err = layers.Build(ctx, specs, build); err != nil {
			return "", err
		}
		return meter.summary(out.layers)
	})
	if err != nil {
		return nil, err
	}
	adds := make([]manifest.Addition, len(out.layers))
	for i, l := range out.layers {
		adds[i] = manifest.Addition{Layer: l, CreatedBy: l.CreatedBy(), Comment: l.Name()}
	}
	platform, err := p.platform()
	if err != nil {
		return nil, err
	}
	out.image, err = manifest.Assemble(plan.base.Image, adds, plan.Config, manifest.Options{
		BaseName:   cmp.Or(p.cfg.BaseName, plan.base.Name),
		BaseDigest: plan.Base.Digest,
		Platform:   platform,
		OCI:        opt.oci,
	})
	if err != nil {
		return nil, err
	}
	if opt.archive {
		return out, nil
	}
	return out, p.noteHealthcheck(out.image)
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
