package choose

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/debs/solve"
)

// Options are what choosing needs beside the request. The zero value works.
type Options struct {
	// Client reads the archives; nil is one with defaults.
	Client *archive.Client
	// Jobs bounds how many sources are read at once; 0 is 4.
	Jobs int
	// Keep is a lock whose versions are kept where there still are such, and where
	// they fit; nil keeps nothing.
	Keep *lockfile.Lock
	// Upgrade gives up all of Keep, UpgradeOnly the packages that it names.
	Upgrade     bool
	UpgradeOnly []string
}

// ErrNoSources says that nothing tells where packages come from.
var ErrNoSources = errors.New("the base names no sources of packages (/etc/apt/sources.list, /etc/apt/sources.list.d), and neither does the config")

const defaultJobs = 4

// Lock chooses what a request asks for, on top of the packages that the root
// file system has, for an architecture ("arm64"). Errors are a [*BaseError],
// those of package archive, which name the source, and those of package solve.
func Lock(ctx context.Context, root fs.FS, arch string, req Request, opt Options) (*lockfile.Lock, error) {
	if opt.Client == nil {
		opt.Client = archive.New(archive.Options{})
	}
	installed, err := Installed(root, arch)
	if err != nil {
		return nil, err
	}
	wanted, err := req.parseInstall()
	if err != nil {
		return nil, err
	}
	sources, err := req.sources(root, arch)
	if err != nil {
		return nil, err
	}
	loaded, err := load(ctx, root, arch, sources, req, opt)
	if err != nil {
		return nil, err
	}
	offers, from := offers(loaded)
	s, err := solve.Solve(offers, installed, arch, wanted, solve.Options{Recommends: req.Recommends, Keep: opt.kept()})
	if err != nil {
		return nil, err
	}
	out := &lockfile.Lock{
		Architecture: arch, Requested: trimmed(req.Install), Recommends: req.Recommends, Snapshot: req.Snapshot, Base: lockfile.Fingerprint(installed),
	}
	for i := range s.Install {
		p, err := locked(&s.Install[i], from)
		if err != nil {
			return nil, err
		}
		out.Packages = append(out.Packages, p)
	}
	return out, nil
}

func trimmed(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.TrimSpace(w)
	}
	return out
}

// kept are the versions to keep, by name.
func (o *Options) kept() map[string]string {
	if o.Keep == nil || o.Upgrade {
		return nil
	}
	kept := map[string]string{}
	for i := range o.Keep.Packages {
		if p := &o.Keep.Packages[i]; !slices.Contains(o.UpgradeOnly, p.Name) {
			kept[p.Name] = p.Version
		}
	}
	return kept
}

// sources are those that the request names, or the base's own.
func (r *Request) sources(root fs.FS, arch string) ([]archive.Source, error) {
	var out []archive.Source
	for i, text := range r.Sources {
		s, err := ParseSource(text, fmt.Sprintf("packages.sources[%d]", i), arch)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(r.Sources)+len(r.Directories) == 0 {
		var err error
		if out, err = archive.ReadSources(root, arch); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 && len(r.Directories) == 0 {
		return nil, ErrNoSources
	}
	for i := range out {
		out[i].AnyTime = out[i].AnyTime || r.AnyTime
		if len(r.Keyring) > 0 {
			out[i].Keys = r.Keyring
		}
	}
	return out, nil
}

// load reads the directories, then the sources, several at once, and keeps their
// order.
func load(ctx context.Context, root fs.FS, arch string, sources []archive.Source, req Request, opt Options) ([]*archive.Loaded, error) {
	out := make([]*archive.Loaded, len(req.Directories)+len(sources))
	for i, dir := range req.Directories {
		var err error
		if out[i], err = opt.Client.LoadDirectory(ctx, dir, arch); err != nil {
			return nil, err
		}
	}
	rest := out[len(req.Directories):]
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(opt.Jobs, 0))
	if opt.Jobs <= 0 {
		g.SetLimit(defaultJobs)
	}
	for i, s := range sources {
		g.Go(func() error {
			var err error
			if !req.Snapshot.IsZero() {
				if s, err = opt.Client.Snapshot(ctx, root, s, req.Snapshot); err != nil {
					return err
				}
			}
			rest[i], err = opt.Client.Load(ctx, root, s, arch)
			return err
		})
	}
	return out, g.Wait()
}

// offers are the sources as solving wants them: one for each list. from tells
// which source each is of.
func offers(loaded []*archive.Loaded) (offers []solve.Source, from []*archive.Loaded) {
	for _, l := range loaded {
		for _, x := range l.Indexes {
			offers = append(offers, solve.Source{Index: x, Priority: l.Priority, Name: l.Name()})
			from = append(from, l)
		}
	}
	return offers, from
}

// locked makes a line of the lock of a choice.
func locked(c *solve.Choice, from []*archive.Loaded) (lockfile.Package, error) {
	if c.Source < 0 {
		return lockfile.Package{}, fmt.Errorf("package %q is only in the base", c.String())
	}
	if err := c.Check(); err != nil {
		return lockfile.Package{}, fmt.Errorf("reading the source %q: %w", from[c.Source].Name(), err)
	}
	p := lockfile.Package{
		Name: c.Name, Version: c.Version, Architecture: c.Arch, Source: c.Package.Source, SourceVersion: c.SourceVersion,
		Filename: c.Filename, Size: c.Size, SHA256: c.SHA256, Replaces: c.Old, Why: c.Why.String(),
	}
	for _, uri := range from[c.Source].Source.URIs {
		p.Archives = append(p.Archives, archive.Shown(uri))
	}
	return p, nil
}
