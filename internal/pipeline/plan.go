package pipeline

import (
	"context"
	"crypto/sha256"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/doctor"
	"github.com/assemble-image/assemble/internal/modelpack"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/manifest"
)

// Plan is what would be built.
type Plan struct {
	Base     BaseInfo         `json:"base"`
	Platform string           `json:"platform"`
	Python   string           `json:"python"`
	Libc     string           `json:"libc"`
	Wheels   int              `json:"wheels"`
	Layers   []contents.Layer `json:"layers"`
	// Packages are the system packages.
	Packages []contents.Package `json:"packages,omitempty"`
	// Choice tells which wheels were taken where the lock is a requirements
	// file that leaves versions open.
	Choice *supply.Choice  `json:"choice,omitempty"`
	Config manifest.Config `json:"config"`
	Notes  []string        `json:"notes,omitempty"`

	base   *base.Image
	models []*modelpack.Artifact // external ones
	target *target.Target
	bare   v1.Image      // what the layers lie on in the place of the base; nil but for layers alone
	set    *supply.Set   // nil without wheels
	taken  map[int]taken // layers that are in a registry, by index
	anew   bool          // nothing that the cache knows of layers is used
	// observer sees the wheels' files while they are packed, where the image
	// is examined after that; nil where it was examined before.
	observer *doctor.Observer
}

// BaseInfo names the base that was chosen.
type BaseInfo struct {
	Reference string `json:"reference"`
	Digest    string `json:"digest"`
	Layers    int    `json:"layers"`
}

// under is the image that the layers lie on.
func (p *Plan) under() v1.Image {
	if p.bare != nil {
		return p.bare
	}
	return p.base.Image
}

// Size is the sum of the layers' estimated packed bytes.
func (p *Plan) Size() int64 {
	var n int64
	for _, l := range p.Layers {
		n += l.Size
	}
	return n
}

// Plan reads the inputs and decides what to build. Wheels and packages that
// aren't here are fetched.
func (p *Pipeline) Plan(ctx context.Context) (*Plan, error) { return p.plan(ctx, nil) }

// Preview is Plan for those who only want to see it. It writes nothing but what
// it learnt into the cache: wheels and packages that aren't here are planned by
// what lock and index say of them, and a note says what that leaves open. Such a
// plan can't be built.
func (p *Pipeline) Preview(ctx context.Context) (*Plan, error) {
	return p.planWith(ctx, nil, inputs{wheels: p.supply.Describe, describe: true})
}

func (p *Pipeline) plan(ctx context.Context, keep keepIn) (*Plan, error) {
	return p.planWith(ctx, keep, inputs{wheels: p.supply.Wheels})
}

// inputs say how a plan's inputs are found.
type inputs struct {
	wheels findWheels
	// describe fetches no packages.
	describe bool
	// judge is told of the wheels; nil reports what is odd about them, and ends
	// where that is an error.
	judge func(*supply.Set) error
	// undone is told what configuring packages couldn't do; nil notes it.
	undone func(string)
}

// findWheels finds the wheels for a target.
type findWheels func(context.Context, *target.Target) (*supply.Set, error)

func (p *Pipeline) planWith(ctx context.Context, keep keepIn, in inputs) (*Plan, error) {
	var early *supply.EarlyHashing
	defer func() { early.Stop() }()
	t, err := p.openTarget(ctx, target.Options{
		Reading: func() {
			if !p.cfg.Lock.IsZero() {
				early = p.supply.HashEarly(ctx)
			}
		},
		Keep:  keep,
		Files: !p.cfg.Packages.IsZero(),
	})
	if err != nil {
		return nil, err
	}
	plan := &Plan{
		Base:     BaseInfo{Reference: t.Image.Ref, Digest: t.Image.Digest.String(), Layers: t.BaseLayers},
		Platform: p.cfg.Platform,
		Python:   t.Facts.Python.Version,
		Libc:     t.Facts.Libc.Family + " " + t.Facts.Libc.Version,
		base:     t.Image,
		target:   t,
	}
	ground, err := p.planPackages(ctx, contents.NewGround(t), plan, p.ownLayers(), in)
	if err != nil {
		return nil, err
	}
	if plan.Config, err = p.imageConfig(ground.Target, plan); err != nil {
		return nil, err
	}
	if err := p.planExternal(ctx, plan, ground.Target); err != nil {
		return nil, err
	}
	own, err := p.ownMakers(ground.Target, plan)
	if err != nil {
		return nil, err
	}
	if ground, err = p.planLock(ctx, ground, plan, early, in); err != nil {
		return nil, err
	}
	owned, _, err := contents.Plan(ctx, ground, own...)
	if err != nil {
		return nil, err
	}
	plan.Layers = append(plan.Layers, owned...)
	plan.Notes = p.report.Notes()
	return plan, nil
}

// planLock plans the layers of the lock's wheels, if there is a lock. It returns
// the ground that they leave.
func (p *Pipeline) planLock(ctx context.Context, ground *contents.Ground, plan *Plan, early *supply.EarlyHashing, in inputs) (*contents.Ground, error) {
	what := "reading " + p.cfg.Lock.String()
	if p.cfg.Lock.IsZero() {
		what = "reading the wheels"
	}
	if p.cfg.Lock.IsZero() && len(p.cfg.Wheels) == 0 && p.cfg.ProjectDir().IsZero() {
		p.report.Note(report.StageWheels, "no lock is given: the image gets no wheels")
		return ground, nil
	}
	err := p.report.Stage(report.StageWheels, what, func() (string, error) {
		early.Wait()
		before := len(plan.Layers)
		var err error
		ground, err = p.planWheels(ctx, ground, plan, in)
		return report.Count(plan.Wheels, "wheel") + " in " + report.Count(len(plan.Layers)-before, "layer"), err
	})
	return ground, err
}

// planWheels finds the wheels and plans their layers. It returns the ground
// that they leave.
func (p *Pipeline) planWheels(ctx context.Context, ground *contents.Ground, plan *Plan, in inputs) (*contents.Ground, error) {
	set, err := in.wheels(ctx, ground.Target)
	if err != nil {
		return nil, err
	}
	if in.judge == nil {
		in.judge = p.supply.Report
	}
	if err := in.judge(set); err != nil {
		return nil, err
	}
	if p.opt.SkipRecord && len(set.Wheels) > 0 {
		p.report.Note(report.StageWheels, "the wheels' files are not verified against their RECORD; the image's history records this")
	}
	plan.Wheels, plan.Choice, plan.set = len(set.Wheels), set.Choice, set
	plan.Config.History = set.History()
	if err := p.checkProgram(ground.Target, set, plan.Config); err != nil {
		return nil, err
	}
	note := func(text string) { p.report.Note(report.StageWheels, text) }
	replaced, ground, err := contents.Plan(ctx, ground, contents.Replaced{Set: set, ModTime: p.created, Note: note})
	if err != nil {
		return nil, err
	}
	list, ground, err := contents.Plan(ctx, ground, contents.Wheels{
		Set:        set,
		Budget:     p.cfg.Layers.Budget,
		Reserved:   p.ownLayers() + len(plan.Layers) + len(replaced),
		MaxLayer:   p.maxLayer(),
		SkipRecord: p.opt.SkipRecord,
		ModTime:    p.created,
	})
	plan.Layers = append(append(plan.Layers, replaced...), list...)
	hideUnknownKeys(plan.Layers)
	return ground, err
}

// hideUnknownKeys leaves out the keys of layers with a wheel whose digest isn't
// known.
func hideUnknownKeys(list []contents.Layer) {
	for i := range list {
		for _, source := range list[i].Spec.Sources {
			if source.SHA256 == [sha256.Size]byte{} {
				list[i].Key = ""
			}
		}
	}
}

// ownLayers is how many layers there may be that hold neither packages nor
// wheels.
func (p *Pipeline) ownLayers() int {
	n := len(p.cfg.App) + len(p.cfg.Models)
	if p.cfg.Timezone != "" || len(p.cfg.CACertificates) > 0 {
		n++
	}
	if a := p.cfg.Accounts; p.cfg.HasUser() || len(a.Users)+len(a.Groups) > 0 || len(p.cfg.Dirs)+len(p.cfg.EmptyFiles)+len(p.cfg.Links) > 0 {
		n++
	}
	if p.cfg.Workdir != "" {
		n++
	}
	return n
}

// ownMakers make the layers that hold no wheels, one each: settings, the accounts
// with the directories, then each model and each app entry, in the config's order,
// then workdir.
func (p *Pipeline) ownMakers(t *target.Target, plan *Plan) ([]contents.Maker, error) {
	user, hasUser, err := p.user(t.Facts)
	if err != nil {
		return nil, err
	}
	list := make([]contents.Maker, 0, p.ownLayers())
	settings, err := p.settings(t, plan)
	if err != nil {
		return nil, err
	}
	if !settings.IsEmpty() {
		list = append(list, settings)
	}
	accounts, err := p.accounts(t.Facts, user)
	if err != nil {
		return nil, err
	}
	if hasUser || !accounts.IsEmpty() {
		list = append(list, accounts)
	}
	for i, m := range p.cfg.Models {
		if m.External {
			continue
		}
		entry, err := p.appMaker(fmt.Sprintf("models[%d]", i), m.App(), t.Facts, user)
		if err != nil {
			return nil, err
		}
		entry.Options.Dir, entry.Options.NoIgnoreFiles = "", true
		list = append(list, contents.Model{App: entry, MaxLayer: p.maxLayer()})
	}
	for i, a := range p.cfg.App {
		entry, err := p.appMaker(fmt.Sprintf("app[%d]", i), a, t.Facts, user)
		if err != nil {
			return nil, err
		}
		list = append(list, entry)
	}
	if p.cfg.Workdir != "" {
		if !hasUser {
			if user, err = baseUser(t); err != nil {
				return nil, err
			}
		}
		list = append(list, contents.Workdir{Path: p.cfg.Workdir, User: user, ModTime: p.created, GroupLikeOwner: p.cfg.ArbitraryUID})
	}
	return list, nil
}

// appOptions are those of the app entry that the config calls name. What lies
// outside of the config's directory can't be named by it.
func (p *Pipeline) appOptions(name string) app.Options {
	opt := app.Options{Name: name, Dir: p.cfg.Dir, Jobs: p.opt.Jobs, Allow: p.cfg.AllowSecrets, Own: p.ownPaths()}
	if !p.opt.AppAnywhere {
		opt.Within = p.cfg.Dir
	}
	if p.opt.Cache != nil {
		opt.Store = p.opt.Cache
	}
	return opt
}
