package pipeline

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/record"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
)

// taken is a layer that an image in a registry has already.
type taken struct {
	layer *registry.Layer
	from  name.Digest
}

// built is the layer as a part of the image.
func (t taken) built(l *contents.Layer) builtLayer {
	return builtLayer{Layer: t.layer, name: l.Name, createdBy: l.Spec.CreatedBy, key: l.Key, cached: true, from: t.from.Name()}
}

// worthAsking is the size of a layer, in packed bytes, from which on it is worth
// asking a registry for it before it is packed, where nothing else has asked.
const worthAsking = 8 << 20

// take finds layers of the plan that an image in a registry has, among those
// that can't be had here for nothing, and brings the wheels of the others.
func (p *Pipeline) take(ctx context.Context, plan *Plan, repo name.Repository) error {
	if p.elsewhere == nil {
		return nil
	}
	media, err := p.media(plan, false)
	if err != nil {
		return err
	}
	plan.taken = map[int]taken{}
	for i := range plan.Layers {
		l := &plan.Layers[i]
		here := isHere(l)
		if l.Key == "" || here && p.opt.Cache.Has(layers.KindRecipe, l.Key) {
			continue
		}
		found := p.elsewhere.seen()
		if !here || l.Size >= worthAsking {
			found = p.elsewhere.look(ctx)
		}
		if t, ok := p.takeFrom(found, l, media, repo, here); ok && p.agrees(l, t) {
			plan.taken[i] = t
		}
	}
	return p.complete(ctx, plan, func(i int) bool { _, ok := plan.taken[i]; return !ok })
}

// takeFrom finds a layer in the images. One whose inputs are here is not copied
// from another registry: packing it is as good.
func (p *Pipeline) takeFrom(found []*record.Found, l *contents.Layer, media types.MediaType, repo name.Repository, here bool) (taken, bool) {
	for _, f := range found {
		if here && f.Image.RegistryStr() != repo.RegistryStr() {
			continue
		}
		if layer, ok := f.Layer(l.Key, media); ok {
			return taken{layer, f.Image}, true
		}
	}
	return taken{}, false
}

// agrees holds what a record says of a layer against what was packed here before.
func (p *Pipeline) agrees(l *contents.Layer, t taken) bool {
	recipe, known := p.recipe(l)
	digest, err := t.layer.Digest()
	if err != nil {
		return false
	}
	diffID, err := t.layer.DiffID()
	if err != nil {
		return false
	}
	if !known || digest.Hex == hex.EncodeToString(recipe.Digest[:]) && diffID.Hex == hex.EncodeToString(recipe.DiffID[:]) {
		return true
	}
	p.noteLie(l.Name, t.from, fmt.Errorf("it says %s, but packed here it was %x", digest, recipe.Digest))
	return false
}

func (p *Pipeline) noteLie(layer string, from name.Digest, err error) {
	p.report.Note(report.StageCache, fmt.Sprintf("layer %q isn't taken from %s: %v", layer, from.Name(), err))
}

// recipe returns what the cache knows of a layer that was packed here before.
func (p *Pipeline) recipe(l *contents.Layer) (layers.Head, bool) {
	data, ok := p.opt.Cache.Prefix(layers.KindRecipe, l.Key, layers.HeadSize)
	if !ok {
		return layers.Head{}, false
	}
	head, err := layers.ParseHead(data)
	return head, err == nil && head.ModTime.Equal(p.created)
}

// isHere reports whether all files that a layer is packed from are here.
func isHere(l *contents.Layer) bool {
	for _, s := range l.Spec.Sources {
		if s.Absent() {
			return false
		}
	}
	return true
}

// complete fetches the wheels of the layers that wants says have to be packed.
func (p *Pipeline) complete(ctx context.Context, plan *Plan, wants func(i int) bool) error {
	if plan.set == nil {
		return nil
	}
	var sources []*layers.Source
	for i := range plan.Layers {
		if wants(i) {
			sources = append(sources, plan.Layers[i].Spec.Sources...)
		}
	}
	return plan.set.Complete(ctx, sources)
}
