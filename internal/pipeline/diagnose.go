package pipeline

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/assemble-image/assemble/internal/doctor"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
)

// kindVerdict is what the cache keeps of an image that was examined: its findings,
// under everything that they depend on.
const kindVerdict = "verdict"

// diagnoseFirst examines a planned image before it is built, and ends with a
// [*FindingsError] where something would not work. Where wheels would have to be
// unpacked for it that are unpacked for packing anyway, it leaves that to
// diagnoseLast.
func (p *Pipeline) diagnoseFirst(ctx context.Context, plan *Plan, ref name.Reference) error {
	if p.opt.SkipCheck || plan.set != nil && (len(plan.set.Absent) > 0 || plan.set.FactsUnknown) {
		return nil // where wheels aren't here, nothing can be said
	}
	v, err := p.knownVerdict(plan)
	if err != nil {
		return err
	}
	if !v.known && doctor.Unread(plan.set, p.opt.Cache.Has) > readFirst && !p.packedBefore(plan) {
		plan.observer = &doctor.Observer{}
		return nil
	}
	return p.diagnose(ctx, plan, ref, v)
}

// readFirst is how much of wheels is unpacked for the diagnosis alone, in packed
// bytes: some tenths of a second at most.
const readFirst = 16 << 20

// diagnoseLast examines an image that is packed, unless that was done before.
func (p *Pipeline) diagnoseLast(ctx context.Context, plan *Plan, ref name.Reference) error {
	if plan.observer == nil {
		return nil
	}
	v, err := p.knownVerdict(plan)
	if err != nil {
		return err
	}
	return p.diagnose(ctx, plan, ref, v)
}

// diagnose examines an image, unless its verdict is known.
func (p *Pipeline) diagnose(ctx context.Context, plan *Plan, ref name.Reference, v verdict) error {
	found, err := p.find(ctx, plan, v)
	if err != nil {
		return err
	}
	sizes, err := p.sizes(ctx, plan, ref)
	if err != nil {
		return err
	}
	found = append(found, sizes.Check()...)
	doctor.Judge(found, p.levels(), p.ignored())
	if wrong := errorsOf(found); len(wrong) > 0 {
		return &FindingsError{wrong}
	}
	warnings := 0
	for _, f := range found {
		if f.Severity == doctor.Warning {
			warnings++
		}
	}
	if warnings > 0 {
		p.report.Note(report.StageCheck, report.Count(warnings, "warning")+" about the image; assemble check tells them")
	}
	return nil
}

// verdict is what was found about an image before.
type verdict struct {
	key   string // what it depends on; empty where that isn't known
	known bool
	found []doctor.Finding
}

// knownVerdict returns the verdict about the image that the cache has.
func (p *Pipeline) knownVerdict(plan *Plan) (v verdict, err error) {
	if v.key, err = p.verdictKey(plan); err != nil || v.key == "" {
		return v, err
	}
	data, ok := p.opt.Cache.Get(kindVerdict, v.key)
	v.known = ok && json.Unmarshal(data, &v.found) == nil
	return v, nil
}

// find returns the findings about an image: those of the verdict where it is
// known, else what examine finds, which is kept.
func (p *Pipeline) find(ctx context.Context, plan *Plan, v verdict) ([]doctor.Finding, error) {
	if v.known {
		return v.found, nil
	}
	found, err := p.examine(ctx, plan)
	if err != nil || v.key == "" {
		return found, err
	}
	data, err := json.Marshal(found)
	if err != nil {
		return nil, fmt.Errorf("encoding the findings: %w", err)
	}
	_ = p.opt.Cache.Put(kindVerdict, v.key, data) // it says itself that it can't be written, once
	return found, nil
}

// verdictKey identifies what the findings depend on: the base, the layers, and
// what the image is to do. It is empty where a layer's bytes aren't known.
func (p *Pipeline) verdictKey(plan *Plan) (string, error) {
	wanted, err := p.wanted(plan)
	if err != nil {
		return "", err
	}
	asked, err := json.Marshal(wanted)
	if err != nil {
		return "", fmt.Errorf("encoding what the image is to do: %w", err)
	}
	parts := []string{"verdict", fmt.Sprint(doctor.Version), plan.target.Facts.Config, p.cfg.Platform, string(asked)}
	for i := range plan.Layers {
		if plan.Layers[i].Key == "" {
			return "", nil
		}
		parts = append(parts, plan.Layers[i].Key)
	}
	return layers.NewKey(parts...).String(), nil
}
