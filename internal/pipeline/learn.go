package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
)

// kindSet is what the cache keeps of a set of wheels: what opening all of
// them told, under everything that it depends on.
const kindSet = "wheelset"

// setFacts is what must be known of a set of wheels to plan its layers. It
// is the same for the same wheels, in the same order, on the same base.
type setFacts struct {
	// Conflicts are the paths that several wheels own.
	Conflicts []wheels.Conflict `json:"conflicts,omitempty"`
	// Parts has, for each wheel that is too large for one layer, the
	// estimated packed bytes of each of its layers.
	Parts map[int][]int64 `json:"parts,omitempty"`
	// Problems say why the wheels may not work together.
	Problems []wheels.Problem `json:"problems,omitempty"`
}

// learn fills set.facts: from the cache when this very set was planned
// before, by opening every wheel otherwise.
func (p *Pipeline) learn(ctx context.Context, set *wheelSet) error {
	key := p.setKey(set).String()
	if data, ok := p.opt.Cache.Get(kindSet, key); ok && json.Unmarshal(data, &set.facts) == nil {
		return nil
	}
	set.facts = setFacts{}
	opened, err := p.openAll(ctx, set)
	if err != nil {
		return err
	}
	if set.facts.Conflicts, err = wheels.Conflicts(opened, set.target.scheme); err != nil {
		return err
	}
	if err := p.splitLarge(set, opened); err != nil {
		return err
	}
	extras := map[string][]string{}
	for _, w := range set.wheels {
		extras[w.pin.Normalized] = w.pin.Extras
	}
	set.facts.Problems = wheels.Check(opened, set.target.markers, extras)
	data, err := json.Marshal(set.facts)
	if err != nil {
		return fmt.Errorf("encoding what was learnt of the wheels: %w", err)
	}
	p.remember(kindSet, key, string(data))
	return nil
}

// setKey identifies the inputs of setFacts.
func (p *Pipeline) setKey(set *wheelSet) layers.Key {
	parts := append(p.installParts(set.target), "wheel set 1", fmt.Sprint(p.maxLayer()), fmt.Sprintf("%+v", set.target.markers))
	for _, w := range set.wheels {
		parts = append(parts, w.source.Name, w.source.Digest(), strings.Join(w.pin.Extras, ","))
	}
	return layers.NewKey(parts...)
}

// openAll reads and checks every wheel; all that are refused are named.
func (p *Pipeline) openAll(ctx context.Context, set *wheelSet) ([]*wheels.Wheel, error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(p.opt.Jobs)
	opened := make([]*wheels.Wheel, len(set.wheels))
	errs := make([]error, len(set.wheels))
	for i, w := range set.wheels {
		g.Go(func() error {
			if ctx.Err() == nil {
				opened[i], errs[i] = w.open()
			}
			return context.Cause(ctx)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return opened, errors.Join(errs...)
}

// splitLarge notes how the wheels that are larger than a layer may be are
// split by file.
func (p *Pipeline) splitLarge(set *wheelSet, opened []*wheels.Wheel) error {
	for i, w := range opened {
		if w.Source.Size <= p.maxLayer() {
			continue
		}
		entries, err := set.entries(i)
		if err != nil {
			return err
		}
		var sizes []int64
		for _, part := range layers.Split(entries, p.maxLayer()) {
			sizes = append(sizes, packedSize(part))
		}
		if set.facts.Parts == nil {
			set.facts.Parts = map[int][]int64{}
		}
		set.facts.Parts[i] = sizes
	}
	return nil
}

// packedSize estimates the bytes of entries in a layer.
func packedSize(entries []layers.Entry) int64 {
	var n int64
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Slice != nil:
			n += e.Slice.Length
		default:
			n += e.Size
		}
	}
	return n
}
