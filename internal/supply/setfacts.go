package supply

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

// Facts is what must be known of a set of wheels to plan its layers. It is the
// same for the same wheels, in the same order, on the same base.
type Facts struct {
	// Conflicts are the paths that several wheels own.
	Conflicts []wheels.Conflict `json:"conflicts,omitempty"`
	// Parts has, for each wheel that is too large for one layer, the
	// estimated packed bytes of each of its layers.
	Parts map[int][]int64 `json:"parts,omitempty"`
	// Programs are the names of the commands that the wheels install, sorted.
	Programs []string `json:"programs,omitempty"`
	// Problems say why the wheels may not work together.
	Problems []wheels.Problem `json:"problems,omitempty"`
}

// readFacts fills s.Facts: from the cache when this very set was planned
// before, from what is known of it elsewhere, by opening every wheel otherwise.
// They stay empty where that would take wheels that aren't here and of which
// nothing is known.
func (s *Set) readFacts(ctx context.Context, opt Options) error {
	s.key = s.factsKey(opt)
	key := s.key.String()
	if data, ok := opt.Cache.Get(kindSet, key); ok && json.Unmarshal(data, &s.Facts) == nil {
		return nil
	}
	if len(s.Absent) > 0 {
		return s.readKnownFacts(ctx, opt)
	}
	return s.readOwnFacts(ctx, opt)
}

// readOwnFacts is readFacts for a set whose wheels are all here. The cache keeps
// what they tell.
func (s *Set) readOwnFacts(ctx context.Context, opt Options) error {
	listings, _, err := s.examine(ctx, opt, nil)
	if err != nil {
		return err
	}
	data, err := json.Marshal(s.Facts)
	if err != nil {
		return fmt.Errorf("encoding the facts about the wheels: %w", err)
	}
	packed, err := packListings(listings)
	if err != nil {
		return err
	}
	_ = opt.Cache.Put(kindListings, s.key.String(), packed)
	_ = opt.Cache.Put(kindSet, s.key.String(), data) // it says itself that it can't be written, once
	return nil
}

// examine fills s.Facts by opening every wheel, those that aren't here by their
// listing in known, by SHA-256. All that are refused are named. It returns the
// listings of all, nil where they have too many paths, and those of the wheels
// that aren't here without which something isn't certain.
func (s *Set) examine(ctx context.Context, opt Options, known map[string]listing) (all []listing, unsure []*Wheel, err error) {
	together := wheels.NewSet(s.Target.Scheme)
	extras := make(map[string][]string, len(s.Wheels))
	var refused []error
	listed := lister{scheme: s.Target.Scheme}
	err = inOrder(ctx, opt.Jobs, s.Wheels, func(i int, w *wheels.Wheel, err error) error {
		if err != nil {
			refused = append(refused, err)
			return nil
		}
		extras[s.Wheels[i].Pin.Normalized] = s.Wheels[i].Pin.Extras
		if w == nil {
			l := known[s.Wheels[i].Source.Digest()]
			listed.add(l)
			return together.AddListed(l.Listing)
		}
		if err := listed.addWheel(w); err != nil {
			return err
		}
		return together.Add(w)
	})
	if err := cmp.Or(err, errors.Join(refused...)); err != nil {
		return nil, nil, err
	}
	s.Facts = Facts{Problems: together.Check(s.Target.Markers, extras), Programs: together.Programs()}
	if s.Facts.Conflicts, err = together.Conflicts(); err != nil {
		return nil, nil, err
	}
	if err := s.splitLarge(opt.MaxLayer, known); err != nil {
		return nil, nil, err
	}
	for _, i := range together.Unsure() {
		unsure = append(unsure, s.Wheels[i])
	}
	return listed.finish(together, s.Facts.Parts, opt.MaxLayer), unsure, nil
}

// factsKey identifies the inputs of the facts.
func (s *Set) factsKey(opt Options) layers.Key {
	parts := append(wheels.KeyParts(s.Target.Scheme, opt.SkipRecord), "wheel set 4", fmt.Sprint(opt.MaxLayer), fmt.Sprintf("%+v", s.Target.Markers))
	for _, w := range s.Wheels {
		parts = append(parts, w.Source.Name, w.Source.Digest(), strings.Join(w.Pin.Extras, ","))
	}
	return layers.NewKey(parts...)
}

// splitLarge decides how the wheels that are larger than a layer may be are
// split by file.
func (s *Set) splitLarge(limit int64, known map[string]listing) error {
	for i, w := range s.Wheels {
		if w.Source.Size <= limit {
			continue
		}
		if w.Source.Absent() {
			s.setParts(i, known[w.Source.Digest()].Parts)
			continue
		}
		entries, err := s.Entries(i)
		if err != nil {
			return err
		}
		var sizes []int64
		for _, part := range layers.Split(entries, limit) {
			sizes = append(sizes, layers.EstimateSize(part))
		}
		s.setParts(i, sizes)
	}
	return nil
}

func (s *Set) setParts(i int, sizes []int64) {
	if s.Facts.Parts == nil {
		s.Facts.Parts = map[int][]int64{}
	}
	s.Facts.Parts[i] = sizes
}

// inOrder opens wheels on several cores, hands them to use in their order, and
// releases them: few are open at once, however many there are. One that isn't
// here is nil.
func inOrder(ctx context.Context, jobs int, list []*Wheel, use func(i int, w *wheels.Wheel, err error) error) error {
	type opened struct {
		wheel *wheels.Wheel
		err   error
	}
	next := make(chan chan opened, max(jobs-1, 0)) // those that are opened now
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
				if w.Source.Absent() {
					result <- opened{}
					return nil
				}
				wheel, err := w.Open()
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
