package supply

import (
	"context"
	"runtime"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/pipconf"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/wire"
	"github.com/assemble-image/assemble/wheels"
)

// Options are what supplying needs beside the config. The zero value works:
// no cache, silence, all servers that config and files name.
type Options struct {
	// Cache is kept between runs; nil means none.
	Cache *cache.Cache
	// Report is told what goes on; nil is silent.
	Report *report.Reporter
	// Jobs bounds how many wheels are read at once; 0 or less means as many
	// as there are processors.
	Jobs int
	// SkipRecord leaves the wheels' RECORD files unchecked.
	SkipRecord bool
	// MaxLayer is the packed size above which a wheel is split; 0 or less
	// means [DefaultMaxLayer].
	MaxLayer int64
	// Offline asks no server for wheels, not even for a missing one; Refresh
	// asks again for what the cache has. NoIndex asks no package index, whatever
	// config and requirements files name.
	Offline, Refresh, NoIndex bool
	// Discover is where pip's and uv's own settings are looked for where neither
	// config nor flags name an index; nil looks nowhere, not even in the base.
	Discover *pipconf.Machine
	// Trace is called after each request to a package index, for debugging; it
	// may be nil.
	Trace func(wire.Exchange)
	// Known is called where the wheelhouse lacks wheels, and returns what is known
	// of wheels elsewhere, or nil; nil knows nothing.
	Known func(context.Context) Known
}

// DefaultMaxLayer is the packed size above which one wheel becomes several
// layers: registries and the proxies before them refuse or time out on
// bodies of several gigabytes, and clients download layers in parallel.
const DefaultMaxLayer = 512 << 20

// settings are what every part of the room works by.
type settings struct {
	cfg *config.Config
	opt Options
}

// Supplier finds the wheels that a config asks for.
type Supplier struct {
	settings
	// known is what [Options.Known] has returned, once it was asked.
	known Known
}

// New returns the supplier of a config that has been validated.
func New(cfg *config.Config, opt Options) *Supplier {
	if opt.Report == nil {
		opt.Report = report.New(nil)
	}
	if opt.Jobs <= 0 {
		opt.Jobs = runtime.GOMAXPROCS(0)
	}
	if opt.MaxLayer <= 0 {
		opt.MaxLayer = DefaultMaxLayer
	}
	return &Supplier{settings: settings{cfg, opt}}
}

// digests knows the wheels that were hashed in earlier runs.
func (s settings) digests() wheels.DigestCache {
	if s.opt.Cache == nil { // a nil *Cache would be a non-nil Store
		return wheels.DigestCache{}
	}
	return wheels.DigestCache{Store: s.opt.Cache}
}
