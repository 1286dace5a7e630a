package provide

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/wire"
)

// Options are what providing packages needs beside the config. The zero value
// works: no cache, silence, all servers that config, base and lock name.
type Options struct {
	// Cache is kept between runs; nil means none.
	Cache *cache.Cache
	// Report is told what goes on; nil is silent.
	Report *report.Reporter
	// Offline asks no server; archives and directories on this machine are read
	// all the same.
	Offline bool
	// Trace is called after each request, for debugging; it may be nil.
	Trace func(wire.Exchange)
	// Now is the time that signatures and indexes are held against; zero means the
	// clock's.
	Now time.Time
}

// Provider provides the packages of a config.
type Provider struct {
	cfg *config.Config
	opt Options
}

// New returns the provider of a config that has been validated.
func New(cfg *config.Config, opt Options) *Provider {
	if opt.Report == nil {
		opt.Report = report.New(nil)
	}
	return &Provider{cfg: cfg, opt: opt}
}

// arch is Debian's name for the architecture of the config's platform.
func (p *Provider) arch() (string, error) {
	platform, err := v1.ParsePlatform(p.cfg.Platform)
	if err != nil {
		return "", fmt.Errorf("parsing platform %q: %w", p.cfg.Platform, err)
	}
	return choose.Architecture(platform.Architecture, platform.Variant)
}

// client returns a client of archives that reports to a stage. Credentials come
// from the sources' own URIs, or from netrc.
func (p *Provider) client(stage report.Stage, opt archive.Options) (*archive.Client, error) {
	netrc, err := index.ReadNetrc(os.Getenv)
	if err != nil {
		return nil, err
	}
	keyring := netrc.Keyring()
	opt.Credential = func(u *url.URL) (string, string, bool) {
		c, ok := keyring(u)
		return c.Username, c.Password, ok
	}
	opt.Now, opt.Offline, opt.Trace = p.opt.Now, p.opt.Offline, p.opt.Trace
	opt.Note = func(text string) { p.opt.Report.Note(stage, text) }
	if p.opt.Cache != nil { // a nil *Cache would be a non-nil Store
		opt.Cache = p.opt.Cache
	}
	return archive.New(opt), nil
}

// sources are the archives that the config names, as they were at a time; zero
// is now.
func (p *Provider) sources(arch string, at time.Time) ([]archive.Source, error) {
	texts := p.cfg.PackageSources()
	out := make([]archive.Source, 0, len(texts))
	for i, text := range texts {
		s, err := choose.ParseSource(text, fmt.Sprintf("packages.sources[%d]", i), arch)
		if err != nil {
			return nil, err
		}
		for j, uri := range s.URIs {
			s.URIs[j] = archive.SnapshotURI(uri, at)
		}
		out = append(out, s)
	}
	return out, nil
}

// directories are those with .deb files that the config names.
func (p *Provider) directories() []string {
	dirs := p.cfg.PackageDirs()
	out := make([]string, len(dirs))
	for i, d := range dirs {
		out[i] = d.Abs
	}
	return out
}

// list names packages in a text.
func list(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strings.TrimSpace(n)
	}
	return report.List(out)
}
