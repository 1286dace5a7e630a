package pipeline

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/provide"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/target"
)

// LockOptions say how locks are made.
type LockOptions struct {
	supply.LockOptions
	// AllowOlder and AllowExpired are those of [provide.LockOptions].
	AllowOlder, AllowExpired bool
}

// Locked are the locks that were made.
type Locked struct {
	// Locked is the wheels' lock; nil where there are no requirements.
	*supply.Locked
	// Packages is the lock of Debian packages; nil where the config asks for none.
	Packages *provide.Choice `json:"debian_packages,omitempty"`
}

// Lock resolves the requirements files for the target and writes the lock, and
// with it that of the Debian packages that the config asks for: both, or none
// where one of them can't be made. Without files there is only the latter; see
// [supply.Supplier.Lock] and [provide.Provider.Choose].
func (p *Pipeline) Lock(ctx context.Context, inputs []string, opt LockOptions) (*Locked, error) {
	out := &Locked{}
	open := p.target
	also := func() (err error) {
		out.Locked, err = p.supply.Lock(ctx, inputs, opt.LockOptions, open)
		return err
	}
	if p.cfg.Packages.IsZero() {
		return out, also()
	}
	if opt.Output != "" && absolute(opt.Output) == p.cfg.Packages.Lock.Abs {
		return nil, fmt.Errorf("writing the lock of packages %q: %w: it is that of the wheels", p.cfg.Packages.Lock, provide.ErrOutput)
	}
	var root fs.FS
	var err error
	if len(inputs) > 0 && (opt.Python == "" || opt.Glibc == "") {
		var t *target.Target
		t, root, err = p.targetAndRoot(ctx)
		open = func(context.Context) (*target.Target, error) { return t, err }
	} else {
		root, err = p.root(ctx)
	}
	if err != nil {
		return nil, err
	}
	known := p.packages.Names()
	opt.Others = slices.Concat(known, p.packages.Requested())
	if len(inputs) == 0 {
		p.noteUnlocked(opt.UpgradeOnly, known)
	}
	out.Packages, err = p.packages.Choose(ctx, root, provide.LockOptions{
		Upgrade: opt.Upgrade, UpgradeOnly: opt.UpgradeOnly, Snapshot: opt.ExcludeNewer,
		AllowOlder: opt.AllowOlder, AllowExpired: opt.AllowExpired,
	})
	if err != nil {
		return nil, err
	}
	if len(inputs) == 0 {
		also = nil
		out.Packages.Notes = p.report.Notes()
	}
	return out, out.Packages.Write(also)
}

// noteUnlocked tells which packages are to be upgraded that the lock hasn't.
func (p *Pipeline) noteUnlocked(names, known []string) {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(known, n) })
	if len(names) > 0 && len(known) > 0 {
		p.report.Note(report.StageLock, fmt.Sprintf("the existing lock has no package %s to upgrade", report.List(names)))
	}
}

// targetAndRoot opens the base for wheels and packages, which takes one reading
// of its layers.
func (p *Pipeline) targetAndRoot(ctx context.Context) (*target.Target, fs.FS, error) {
	t, err := p.openTarget(ctx, target.Options{Files: true})
	if err != nil {
		return nil, nil, err
	}
	files, err := t.Files(ctx)
	if err != nil {
		return nil, nil, err
	}
	root, err := choose.RootOf(ctx, files)
	return t, root, err
}

// root opens the base for packages alone: it may have no Python.
func (p *Pipeline) root(ctx context.Context) (fs.FS, error) {
	platform, err := p.platform()
	if err != nil {
		return nil, err
	}
	var ways target.Options
	if err := p.setWays(ctx, &ways); err != nil {
		return nil, err
	}
	img, err := target.OpenImage(ctx, p.cfg.Base, platform, ways)
	if err != nil {
		return nil, err
	}
	opt := base.FactsOptions{Jobs: p.opt.Jobs}
	if p.opt.Cache != nil { // a nil *Cache would be a non-nil Store
		opt.Store = p.opt.Cache
	}
	root, err := choose.Root(ctx, img.Image, opt)
	if err != nil {
		return nil, fmt.Errorf("reading the base image %q: %w", img.Ref, err)
	}
	return root, nil
}
