package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// ErrOpen says that a requirements file leaves versions open, and that there
// is no wheelhouse to choose them from.
var ErrOpen = errors.New("it leaves versions open, and there is no wheelhouse to choose them from")

// settle chooses the wheels for a requirements file that leaves versions open:
// what fits together best of the wheelhouse, whatever an index has. The same
// file and wheels make the same choice.
func (p *Pipeline) settle(ctx context.Context, file *requirements.File, t *target) ([]*lockedWheel, *Choice, error) {
	stock, ladder, err := p.stock(file, t)
	if err != nil {
		return nil, nil, err
	}
	reqs, strict := file.Requirements, p.cfg.RequireHashes || file.WantsHashes()
	if strict {
		if reqs, err = stock.hashed(ctx, file, t.markers); err != nil {
			return nil, nil, err
		}
	}
	s, err := resolve.ResolveWhole(ctx, reqs, resolve.Options{
		Provider:    stock,
		Env:         t.markers,
		Ladder:      ladder,
		Constraints: file.Constraints,
		Prereleases: file.Pre,
		Deny:        p.cfg.Deny,
		Jobs:        p.opt.Jobs,
		Where:       "the wheelhouse",
	})
	if err != nil {
		return nil, nil, fmt.Errorf("choosing wheels for %q: %w", file.Path, err)
	}
	if strict {
		if err := unlisted(file, s); err != nil {
			return nil, nil, err
		}
	}
	for _, w := range s.Warnings {
		p.report.note(StageWheels, w.Text)
	}
	choice := newChoice(file, s)
	p.report.note(StageWheels, choice.String())
	return p.settled(file, s), choice, nil
}

// stock lists the wheelhouse for the target.
func (p *Pipeline) stock(file *requirements.File, t *target) (*stock, []tags.Tag, error) {
	ladder, err := tags.Ladder(t.tags)
	if err != nil {
		return nil, nil, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	opt := stockOptions{Fits: tags.NewIndex(ladder), Memory: p.memory()}
	if p.opt.Cache != nil { // a nil *Cache would be a non-nil Store
		opt.Store = p.opt.Cache
	}
	s, junk, err := newStock(p.cfg.Wheelhouse.Abs, opt)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("reading %q: %w: %q", file.Path, ErrOpen, p.cfg.Wheelhouse)
	}
	if err != nil {
		return nil, nil, err
	}
	p.noteJunk(junk)
	return s, ladder, nil
}

// settled makes pins of a solution, which has them by name, as a lock of it
// would.
func (p *Pipeline) settled(file *requirements.File, s *resolve.Solution) []*lockedWheel {
	pins := s.Requirements(resolve.WriteOptions{})
	list := make([]*lockedWheel, len(pins))
	lines := linesOf(s)
	for i, pin := range pins {
		best := s.Pins[i].Wheels[0]
		pin.VersionText = s.Pins[i].VersionText
		pin.Hashes = []string{"sha256:" + best.SHA256}
		pin.File, pin.Line = file.Path, 0
		if at, ok := lines[pin.Normalized]; ok {
			pin.File, pin.Line = at.File, at.Line
		}
		list[i] = p.lockedWheel(pin, best.Path)
		if source, ok := best.Origin.(*layers.Source); ok {
			list[i].source = source
		}
	}
	return list
}

// linesOf has, for each project of a solution, the line of the user's that
// brings it: its own or, for what others require, one of theirs.
func linesOf(s *resolve.Solution) map[string]resolve.Want {
	lines := map[string]resolve.Want{}
	for grown := true; grown; {
		grown = false
		for _, pin := range s.Pins {
			if _, ok := lines[pin.Name]; ok {
				continue
			}
			for _, want := range pin.Via {
				at, ok := lines[want.Name]
				if want.Name == "" && !want.Constraint {
					at, ok = want, true
				}
				if ok {
					lines[pin.Name], grown = at, true
					break
				}
			}
		}
	}
	return lines
}
