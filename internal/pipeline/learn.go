package pipeline

import (
	"cmp"
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
	if err := p.study(ctx, set); err != nil {
		return err
	}
	data, err := json.Marshal(set.facts)
	if err != nil {
		return fmt.Errorf("encoding the facts about the wheels: %w", err)
	}
	p.remember(kindSet, key, string(data))
	return nil
}

// study fills set.facts by opening every wheel. All that are refused are named.
func (p *Pipeline) study(ctx context.Context, set *wheelSet) error {
	together := wheels.NewSet(set.target.scheme)
	extras := make(map[string][]string, len(set.wheels))
	var refused []error
	err := p.inOrder(ctx, set.wheels, func(i int, w *wheels.Wheel, err error) error {
		if err != nil {
			refused = append(refused, err)
			return nil
		}
		extras[set.wheels[i].pin.Normalized] = set.wheels[i].pin.Extras
		return together.Add(w)
	})
	if err := cmp.Or(err, errors.Join(refused...)); err != nil {
		return err
	}
	set.facts = setFacts{Problems: together.Check(set.target.markers, extras)}
	if set.facts.Conflicts, err = together.Conflicts(); err != nil {
		return err
	}
	return p.splitLarge(set)
}

// setKey identifies the inputs of setFacts.
func (p *Pipeline) setKey(set *wheelSet) layers.Key {
	parts := append(p.installParts(set.target), "wheel set 1", fmt.Sprint(p.maxLayer()), fmt.Sprintf("%+v", set.target.markers))
	for _, w := range set.wheels {
		parts = append(parts, w.source.Name, w.source.Digest(), strings.Join(w.pin.Extras, ","))
	}
	return layers.NewKey(parts...)
}

// inOrder opens wheels on several cores, hands them to use in their order, and
// lets go of them: few are open at once, however many there are.
func (p *Pipeline) inOrder(ctx context.Context, list []*lockedWheel, use func(i int, w *wheels.Wheel, err error) error) error {
	type opened struct {
		wheel *wheels.Wheel
		err   error
	}
	next := make(chan chan opened, max(p.opt.Jobs-1, 0)) // those that are opened now
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(next)
		for _, w := range list {
			result := make(chan opened, 1)
			select {
			case next <- result:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			g.Go(func() error {
				wheel, err := w.open()
				result <- opened{wheel, err}
				return nil
			})
		}
		return nil
	})
	g.Go(func() error {
		i := 0
		for result := range next {
			o := <-result
			if err := use(i, o.wheel, o.err); err != nil {
				return err
			}
			i++
		}
		return nil
	})
	return g.Wait()
}

// splitLarge notes how the wheels that are larger than a layer may be are
// split by file.
func (p *Pipeline) splitLarge(set *wheelSet) error {
	for i, w := range set.wheels {
		if w.source.Size <= p.maxLayer() {
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
