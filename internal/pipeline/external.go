package pipeline

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/modelpack"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
)

// planExternal describes the models that become artifacts of their own, and names
// them in the image's annotations.
func (p *Pipeline) planExternal(ctx context.Context, plan *Plan, t *target.Target) error {
	for i, m := range p.cfg.Models {
		if !m.External {
			continue
		}
		entry, err := p.appMaker(fmt.Sprintf("models[%d]", i), m.App(), t.Facts, base.UserSpec{})
		if err != nil {
			return err
		}
		from, opt := entry.From, entry.Options
		opt.Dir, opt.NoIgnoreFiles = "", true
		if entry.Find != nil {
			if from, err = entry.Find(ctx); err != nil {
				return err
			}
		}
		tree, err := app.Walk(ctx, from, m.To, opt)
		if err != nil {
			return err
		}
		p.closers = append(p.closers, tree)
		for _, n := range tree.Notes {
			p.report.Note(report.StageLayers, n.String())
		}
		var entries []layers.Entry
		for e, err := range tree.Stream() {
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		artifact, err := modelpack.New(entries, modelpack.Options{Name: m.ArtifactName(), To: strings.Trim(m.To, "/"), Created: p.created})
		if err != nil {
			return fmt.Errorf("models[%d]: %w", i, err)
		}
		plan.models = append(plan.models, artifact)
		plan.Config.Annotations = maps.Clone(plan.Config.Annotations)
		if plan.Config.Annotations == nil {
			plan.Config.Annotations = map[string]string{}
		}
		modelpack.Annotate(plan.Config.Annotations, artifact, m.To)
	}
	return nil
}

// pushModels brings the external models to the image's repository, before the
// image that names them. Their tags keep registries from taking them for garbage.
func (p *Pipeline) pushModels(ctx context.Context, plan *Plan, repo name.Repository) error {
	for _, m := range plan.models {
		digest, there := p.opt.Registry.Pushed(ctx, repo, m.Image)
		err := p.report.Stage(report.StagePush, "model "+m.Name, func() (string, error) {
			var err error
			if !there {
				if digest, err = p.opt.Registry.PushManifest(ctx, repo, m.Image); err != nil {
					return "", err
				}
			}
			tag := repo.Tag(modelTag(m))
			return tag.Name() + ", " + report.Bytes(m.Size), p.opt.Registry.Tag(ctx, digest, tag)
		})
		if err != nil {
			return fmt.Errorf("pushing model %q: %w", m.Name, err)
		}
	}
	return nil
}

// modelTag is a tag that always means the same model.
func modelTag(m *modelpack.Artifact) string { return "model-" + m.Name + "-" + m.Digest.Hex[:12] }

// noteModels tells that an output has no external models.
func (p *Pipeline) noteModels(plan *Plan) {
	for _, m := range plan.models {
		p.report.Note(report.StageWrite, fmt.Sprintf("model %q is external: push brings it to the registry, and what is written here has but its digest, %s", m.Name, m.Digest))
	}
}
