package supply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// LockOptions say how a lock is made.
type LockOptions struct {
	// Output is the file to write: requirements, or pylock.toml by its name.
	// Empty means the config's lock.
	Output string
	// Python and Glibc are the target's versions; with both, the base isn't
	// opened.
	Python, Glibc string
	// ExcludeNewer leaves out what was uploaded later; zero leaves out
	// nothing.
	ExcludeNewer time.Time
	// Upgrade gives up all pins of an existing lock, UpgradeOnly those of
	// the projects it names.
	Upgrade     bool
	UpgradeOnly []string
	// Others are names that may stand in UpgradeOnly and are no project's, those of
	// Debian packages.
	Others []string
	// Prereleases takes pre-releases like any version.
	Prereleases bool
	// Avoid are patterns of projects to do without.
	Avoid []string
	// AllHashes lists the hashes of all of a release's files.
	AllHashes bool
}

// Locked is a lock that was made.
type Locked struct {
	Output string `json:"output"`
	Pins   int    `json:"pins"`
	// Changed tells whether the file is another than before.
	Changed bool `json:"changed"`
	// Changes are the pins that differ from those of a lock that was there.
	Changes  []LockChange  `json:"changes,omitempty"`
	Notes    []string      `json:"notes,omitempty"`
	Looked   resolveCounts `json:"looked"`
	Requires []string      `json:"requirements"`
}

type resolveCounts struct {
	Projects int `json:"projects"`
	Metadata int `json:"metadata"`
}

// summary is "12 pins in FILE".
func (l *Locked) summary() string {
	text := report.Count(l.Pins, "pin") + " in " + l.Output
	if !l.Changed {
		text += ", unchanged"
	}
	return text
}

// Lock resolves the requirements files for the target and writes the lock.
// Wheels come from the configured indexes and from the wheelhouse. An
// existing lock is replaced whole or not at all; its pins are kept where they
// still fit. open opens the target where opt doesn't tell enough of it.
func (p *Supplier) Lock(ctx context.Context, inputs []string, opt LockOptions, open func(context.Context) (*target.Target, error)) (*Locked, error) {
	if opt.Output == "" {
		opt.Output = shortPath(p.cfg.Lock.Abs)
	}
	if err := checkOutput(opt.Output); err != nil {
		return nil, err
	}
	steering, err := p.steering(requirements.Steering{})
	if err != nil {
		return nil, err
	}
	own, err := p.findOwn()
	if err != nil {
		return nil, err
	}
	o := resolve.Options{Prereleases: opt.Prereleases}
	reqs, places, err := p.lockInputs(ctx, inputs, opt.Output, own, &o)
	if err != nil {
		return nil, err
	}
	to, t, err := p.lockTarget(ctx, opt, open)
	if err != nil {
		return nil, err
	}
	src, err := p.lockSources(places, t)
	if err != nil {
		return nil, err
	}
	client, err := p.resolveOptions(to, opt, src, &o)
	if err != nil {
		return nil, err
	}
	added := own.requirements(reqs)
	if err := p.offerOwn(own, reqs, &o); err != nil {
		return nil, err
	}
	old, replaces := p.existing(ctx, opt, &o)
	result := &Locked{Output: opt.Output, Requires: inputs}
	err = p.opt.Report.Stage(report.StageLock, "resolving "+strings.Join(inputs, ", "), func() (string, error) {
		s, err := resolve.Resolve(ctx, slices.Concat(reqs, added), o)
		p.noteLinks(client)
		if err != nil {
			return "", err
		}
		p.noteWarnings(report.StageLock, s)
		// What nobody but the config asks for is built anew each time; what it
		// requires is locked.
		s.Pins = slices.DeleteFunc(s.Pins, func(pin resolve.Pin) bool { return onlyAdded(pin, added) })
		for i := range s.Pins {
			s.Pins[i].Via = slices.DeleteFunc(s.Pins[i].Via, func(w resolve.Want) bool { return isAdded(w, added) })
		}
		result.Pins = len(s.Pins)
		result.Looked = resolveCounts{Projects: s.Looked.Projects, Metadata: s.Looked.Metadata}
		if replaces {
			result.Changes = changes(old, s.Pins)
		}
		result.Changed, err = writeLock(s, to, inputs, steering, opt)
		return result.summary(), err
	})
	result.Notes = p.opt.Report.Notes()
	return result, err
}

// lockInputs reads the requirements files, and fills in o with what they say of
// the choice. None of them may be the output.
func (p *Supplier) lockInputs(ctx context.Context, inputs []string, output string, own *ownWheels, o *resolve.Options) ([]requirements.Requirement, []requirements.Sources, error) {
	var reqs []requirements.Requirement
	var places []requirements.Sources
	files := newInputs(output)
	for _, name := range inputs {
		open, fileOpt := files.opener(p.opener(name, sameName)), p.fileOptions()
		fileOpt.Supplied = own.supplied(open)
		f, err := requirements.Parse(ctx, name, open, fileOpt)
		if err != nil {
			return nil, nil, err
		}
		reqs = append(reqs, f.Requirements...)
		o.Constraints = append(o.Constraints, f.Constraints...)
		o.Prereleases = o.Prereleases || f.Pre
		places = append(places, f.Sources)
		p.noteOptions(report.StageLock, f.Notes)
	}
	return reqs, places, files.check(output)
}

// onlyAdded reports whether the added requirements are all that asks for a pin.
func onlyAdded(pin resolve.Pin, added []requirements.Requirement) bool {
	return !slices.ContainsFunc(pin.Via, func(w resolve.Want) bool { return !isAdded(w, added) })
}

func isAdded(w resolve.Want, added []requirements.Requirement) bool {
	return w.Name == "" && slices.ContainsFunc(added, func(r requirements.Requirement) bool { return r.File == w.File && w.Line == 0 })
}

// offerOwn lets the user's own wheels be chosen, and nothing else of their
// projects.
func (p *Supplier) offerOwn(own *ownWheels, reqs []requirements.Requirement, o *resolve.Options) error {
	if len(own.byName) == 0 {
		return nil
	}
	ladder := tags.NewIndex(o.Ladder)
	house := newWheelhouse(wheelhouseOptions{Fits: ladder, Digests: p.digests()})
	if err := own.enter(house, reqs, ladder); err != nil {
		return err
	}
	o.Provider = ownProvider{house, o.Provider}
	if o.Whole != nil {
		o.Whole = ownProvider{house, o.Whole}
	}
	return nil
}

// shortPath is the path from the working directory, where that is shorter.
func shortPath(path string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, path); err == nil && len(rel) < len(path) {
			return rel
		}
	}
	return path
}

func openFile(path string) (io.ReadCloser, error) { return os.Open(path) }

// sameName is where a path lies that counts from the working directory.
func sameName(path string) string { return path }

// lockTarget is the target of the lock: the base's, which is returned, too,
// unless it is given.
func (p *Supplier) lockTarget(ctx context.Context, opt LockOptions, open func(context.Context) (*target.Target, error)) (tags.Target, *target.Target, error) {
	if opt.Python != "" && opt.Glibc != "" {
		_, arch, _ := strings.Cut(p.cfg.Platform, "/")
		arch, _, _ = strings.Cut(arch, "/")
		return tags.Target{Python: opt.Python, Machine: target.Machine(arch), Glibc: opt.Glibc}, nil, nil
	}
	t, err := open(ctx)
	if err != nil {
		return tags.Target{}, nil, err
	}
	return t.Tags, t, nil
}

// resolveOptions fills in o but for what the inputs say. The client is nil where
// wheels come from the wheelhouse.
func (p *Supplier) resolveOptions(to tags.Target, opt LockOptions, src sources, o *resolve.Options) (client *index.Client, err error) {
	if o.Ladder, err = tags.Supported(to); err != nil {
		return nil, fmt.Errorf("finding the wheel tags of the target: %w", err)
	}
	if o.Provider, client, err = p.provider(src, tags.NewIndex(o.Ladder)); err != nil {
		return nil, err
	}
	if client != nil {
		if o.Whole, err = p.places().wholeIndex(src); err != nil {
			return nil, err
		}
		o.AllFiles = opt.AllHashes
	}
	o.Env = to.Environment()
	o.ExcludeNewer, o.Deny, o.Avoid, o.Exclude = opt.ExcludeNewer, p.cfg.Deny, opt.Avoid, p.cfg.Exclude
	if o.Override, err = p.overrides(); err != nil {
		return nil, err
	}
	o.Progress = func(s resolve.Progress) {
		p.opt.Report.Progress(report.StageLock, fmt.Sprintf("%d projects, %d wheels considered, %s", s.Projects, s.Metadata, s.Name), 0, 0)
	}
	return client, nil
}

// noteLinks tells which projects were taken from places other than indexes,
// where there is an index that may have more of them.
func (p *Supplier) noteLinks(client *index.Client) {
	if client == nil {
		return
	}
	for i := range client.Places() - 1 {
		if names := client.Answered(i); len(names) > 0 {
			p.opt.Report.Note(report.StageLock, fmt.Sprintf("%s was the only source used for %s: the first source that has a project provides all of its versions", client.PlaceName(i), report.List(names)))
		}
	}
}

// provider knows the wheels: those of the places that are named, where there
// are any, else those of the wheelhouse.
func (p *Supplier) provider(src sources, ladder tags.Index) (resolve.Provider, *index.Client, error) {
	if len(src.indexes)+len(src.links) > 0 {
		client, err := p.places().client(src, func(t []tags.Tag) bool { return ladder.Rank(t) != tags.Unsupported })
		if err != nil {
			return nil, nil, err
		}
		return resolve.Index(client, p.digests()), client, nil
	}
	house := newWheelhouse(wheelhouseOptions{Fits: ladder, Digests: p.digests()})
	junk, err := house.add(p.cfg.Wheelhouse.Abs)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w, and there is no wheelhouse %q", ErrNoIndex, p.cfg.Wheelhouse)
	}
	if err != nil {
		return nil, nil, err
	}
	p.noteJunk(report.StageLock, junk)
	return house, nil, nil
}
