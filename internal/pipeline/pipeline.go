package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/doctor/scan"
	"github.com/assemble-image/assemble/internal/pipconf"
	"github.com/assemble-image/assemble/internal/provide"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/internal/wire"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
)

// Options are what a run needs beside its config. The zero value works: no
// cache, no credentials but those of the usual files, silence.
type Options struct {
	// Registry talks to registries; nil means one with defaults.
	Registry *registry.Client
	// Cache is kept between runs; nil means none.
	Cache *cache.Cache
	// Jobs bounds how many layers are packed at once; 0 or less means as
	// many as there are processors.
	Jobs int
	// Progress is told what goes on; nil means nobody is.
	Progress func(report.Event)
	// SkipRecord leaves the wheels' RECORD files unchecked.
	SkipRecord bool
	// Limits bounds what a layer may unpack to.
	Limits layers.Limits
	// AppAnywhere permits app entries outside of the config's directory, as
	// is right where a person named them on the command line.
	AppAnywhere bool
	// Own are further paths that the program reads or writes itself, and that
	// are no part of the app where they lie in it.
	Own []string
	// Offline asks no server for wheels or a base, not even for what is missing; Refresh
	// asks again for what the cache has. NoIndex asks no package index, whatever
	// config and requirements files name.
	Offline, Refresh, NoIndex bool
	// Discover is where pip's and uv's own settings are looked for; see
	// [supply.Options].
	Discover *pipconf.Machine
	// SkipCheck builds and pushes without examining the image first.
	SkipCheck bool
	// Trace is called after each request to a package index, for debugging; it
	// may be nil.
	Trace func(wire.Exchange)
}

// Pipeline runs one config.
type Pipeline struct {
	cfg    *config.Config
	opt    Options
	report *report.Reporter
	supply *supply.Supplier
	// packages provides the Debian packages.
	packages *provide.Provider
	created  time.Time
	outputs  []Output // once they are known
	// elsewhere is what is known of layers in registries, nil but for pushes.
	elsewhere *elsewhere
	// closers hold app directories open until the pipeline is closed.
	closers []io.Closer
	temp    string // a directory that lasts as long, "" until it is needed
	// usersUnknown says that packages which aren't here may bring users.
	usersUnknown bool
}

// Close gives back what planning has opened. Nothing of the pipeline's, nor
// of its plans, can be used afterwards.
func (p *Pipeline) Close() error {
	errs := make([]error, 0, len(p.closers))
	for _, c := range slices.Backward(p.closers) {
		errs = append(errs, c.Close())
	}
	p.closers = nil
	return errors.Join(errs...)
}

// New returns the pipeline of a config that has been validated.
func New(cfg *config.Config, opt Options) *Pipeline {
	if opt.Registry == nil {
		opt.Registry = registry.New(registry.Options{})
	}
	if opt.Jobs <= 0 {
		opt.Jobs = runtime.GOMAXPROCS(0)
	}
	created := manifest.DefaultCreated()
	if cfg.SourceDateEpoch != nil {
		created = time.Unix(*cfg.SourceDateEpoch, 0).UTC()
	}
	p := &Pipeline{cfg: cfg, opt: opt, report: report.New(opt.Progress), created: created}
	p.supply = supply.New(cfg, supply.Options{
		Cache:      opt.Cache,
		Report:     p.report,
		Jobs:       opt.Jobs,
		SkipRecord: opt.SkipRecord,
		MaxLayer:   p.maxLayer(),
		Offline:    opt.Offline,
		Refresh:    opt.Refresh,
		NoIndex:    opt.NoIndex,
		Discover:   opt.Discover,
		Trace:      opt.Trace,
		Known:      func(ctx context.Context) supply.Known { return p.known(ctx) },
	})
	p.packages = provide.New(cfg, provide.Options{Cache: opt.Cache, Report: p.report, Offline: opt.Offline, Trace: opt.Trace})
	return p
}

// maxLayer is the packed size above which one wheel becomes several layers.
func (p *Pipeline) maxLayer() int64 {
	if n := int64(p.cfg.Layers.MaxLayer); n > 0 {
		return n
	}
	return supply.DefaultMaxLayer
}

// platform is that of the config.
func (p *Pipeline) platform() (v1.Platform, error) {
	platform, err := v1.ParsePlatform(p.cfg.Platform)
	if err != nil {
		return v1.Platform{}, fmt.Errorf("parsing platform %q: %w", p.cfg.Platform, err)
	}
	return *platform, nil
}

// target opens the base and reads what must be known of it.
func (p *Pipeline) target(ctx context.Context) (*target.Target, error) {
	return p.openTarget(ctx, target.Options{})
}

// openTarget is target with options of its caller's.
func (p *Pipeline) openTarget(ctx context.Context, opt target.Options) (*target.Target, error) {
	platform, err := p.platform()
	if err != nil {
		return nil, err
	}
	if err := p.setWays(ctx, &opt); err != nil {
		return nil, err
	}
	opt.Store = p.store(ctx)
	if opt.Store != nil {
		opt.Examine = scan.Examiner()
	}
	return target.Open(ctx, p.cfg.Base, platform, opt)
}
