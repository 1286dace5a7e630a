package supply

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// ErrUnpinned says that a requirements file leaves versions or hashes open, and that there
// is no wheelhouse to choose them from.
var ErrUnpinned = errors.New("it doesn't pin every version and hash, and there is no wheelhouse to choose from")

// ChoiceError says that no wheels of the wheelhouse do for a requirements file,
// and why.
type ChoiceError struct {
	File string
	Err  error
}

func (e *ChoiceError) Error() string { return fmt.Sprintf("choosing wheels for %q: %v", e.File, e.Err) }

// Unwrap returns the cause, a *resolve.ConflictError as a rule.
func (e *ChoiceError) Unwrap() error { return e.Err }

// Missing reports whether wheels aren't there, or not in the versions that are
// asked for.
func (e *ChoiceError) Missing() bool {
	var conflict *resolve.ConflictError
	return errors.As(e.Err, &conflict) && len(conflict.Missing) > 0
}

// selection chooses wheels for a requirements file that leaves versions open.
type selection struct {
	settings
	target *target.Target
	own    *ownWheels
}

// choose finds the wheels for a requirements file that leaves versions open:
// what fits together best of the wheelhouse, whatever an index has. The same
// file and wheels make the same choice.
func (p selection) choose(ctx context.Context, lock *requirements.Input) ([]*Wheel, *Choice, error) {
	file := lock.Unpinned
	house, ladder, err := p.wheelhouse(lock)
	if err != nil {
		return nil, nil, err
	}
	reqs, strict := file.Requirements, p.cfg.RequireHashes || file.HashChecking()
	if strict {
		if reqs, err = house.requireHashes(ctx, file, p.target.Markers); err != nil {
			return nil, nil, err
		}
	}
	override, err := p.overrides()
	if err != nil {
		return nil, nil, err
	}
	if err := p.own.enter(house, reqs, tags.NewIndex(ladder)); err != nil {
		return nil, nil, err
	}
	reqs = append(slices.Clone(reqs), p.own.requirements(reqs)...)
	s, err := resolve.ResolveWhole(ctx, reqs, resolve.Options{
		Provider:    house,
		Env:         p.target.Markers,
		Ladder:      ladder,
		Constraints: file.Constraints,
		Prereleases: file.Pre,
		Deny:        p.cfg.Deny,
		Exclude:     p.cfg.Exclude,
		Override:    override,
		Jobs:        p.opt.Jobs,
		Where:       "the wheelhouse",
	})
	if err != nil {
		return nil, nil, &ChoiceError{file.Path, err}
	}
	if strict {
		if err := unlisted(file, p.own, s); err != nil {
			return nil, nil, err
		}
	}
	p.noteWarnings(report.StageWheels, s)
	p.noteTwins(house, s)
	choice := newChoice(file, s)
	for _, pin := range s.Pins {
		if w := pin.Wheels[0]; w.Own {
			p.opt.Report.Note(report.StageWheels, fmt.Sprintf("%s %s is your own %s", pin.Name, pin.VersionText, shortPath(w.Path)))
		}
	}
	p.opt.Report.Note(report.StageWheels, choice.String())
	return p.pinned(file, s), choice, nil
}

// wheelhouse lists the wheelhouse for the target, and the directories on this
// machine that config and file name beside it.
func (p selection) wheelhouse(lock *requirements.Input) (*wheelhouse, []tags.Tag, error) {
	ladder, err := tags.Supported(p.target.Tags)
	if err != nil {
		return nil, nil, fmt.Errorf("finding the wheel tags of the base: %w", err)
	}
	src, err := p.places().ofLock(&lock.Lock, nil)
	if err != nil {
		return nil, nil, err
	}
	s, found := newWheelhouse(wheelhouseOptions{Fits: tags.NewIndex(ladder), Digests: p.digests()}), false
	// What find_links names comes first, as for whoever fetches: the wheelhouse may
	// hold an older build of it.
	for _, dir := range append(localDirs(src.links), p.cfg.Wheelhouse.Abs) {
		junk, err := s.add(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		found = true
		p.noteJunk(report.StageWheels, junk)
	}
	if !found && len(p.own.byName) == 0 {
		return nil, nil, fmt.Errorf("reading %q: %w: %q", lock.Unpinned.Path, ErrUnpinned, p.cfg.Wheelhouse)
	}
	return s, ladder, nil
}

// localDirs are those of the links that are directories on this machine.
func localDirs(links []string) []string {
	var dirs []string
	for _, link := range links {
		if path, ok := index.LocalPath(link); ok {
			link = path
		}
		if fi, err := os.Stat(link); err == nil && fi.IsDir() {
			dirs = append(dirs, link)
		}
	}
	return dirs
}

// pinned makes pins of a solution, which has them by name, as a lock of it
// would.
func (p selection) pinned(file *requirements.File, s *resolve.Solution) []*Wheel {
	pins := s.Requirements(resolve.WriteOptions{})
	list := make([]*Wheel, len(pins))
	lines := linesOf(s)
	for i, pin := range pins {
		best := s.Pins[i].Wheels[0]
		pin.Hashes = []string{"sha256:" + best.SHA256}
		pin.File, pin.Line = file.Path, 0
		if at, ok := lines[pin.Normalized]; ok {
			pin.File, pin.Line = at.File, at.Line
		}
		list[i] = p.newWheel(pin, best.Path)
		list[i].Own = p.own.has(pin.Normalized)
		if source, ok := best.Origin.(*layers.Source); ok {
			list[i].Source = source
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
