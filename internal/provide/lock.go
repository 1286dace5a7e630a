package provide

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
)

// ErrOutput says that the lock can't be written to the file that it should be
// written to, which stays as it is.
var ErrOutput = errors.New("not a file for the lock of packages")

// LockOptions say how a lock is made.
type LockOptions struct {
	// Upgrade gives up the versions of an existing lock, UpgradeOnly those of the
	// packages that it names.
	Upgrade     bool
	UpgradeOnly []string
	// Snapshot is the time at which the archives are to be seen; zero is the
	// config's.
	Snapshot time.Time
	// AllowOlder takes an index that is older than the last one that was seen of
	// its source, AllowExpired one that is past its Valid-Until.
	AllowOlder, AllowExpired bool
}

// Choice is a lock that was made and is yet to be written.
type Choice struct {
	Lock *lockfile.Lock `json:"-"`
	// Output is the lock's file.
	Output string `json:"output"`
	// Packages is how many there are, Size their bytes.
	Packages int   `json:"packages"`
	Size     int64 `json:"size"`
	// Changed tells whether the file becomes another than before.
	Changed bool `json:"changed"`
	// Changes are the packages that differ from those of a lock that was there.
	Changes []supply.LockChange `json:"changes,omitempty"`
	// Notes are what was told, where there is no lock of wheels that has them.
	Notes []string `json:"notes,omitempty"`

	path string
	data []byte
}

// Choose chooses the packages that the config asks for, on top of those of the
// base's root file system, as [choose.Root] returns it. Versions of an existing
// lock are kept where they are still on offer and fit. Nothing is written.
// Errors are those of [choose.Lock], and [ErrOutput].
func (p *Provider) Choose(ctx context.Context, root fs.FS, opt LockOptions) (*Choice, error) {
	c := &Choice{path: p.cfg.Packages.Lock.Abs, Output: shortPath(p.cfg.Packages.Lock.Abs)}
	arch, err := p.arch()
	if err != nil {
		return nil, err
	}
	old, err := p.existing(c)
	if err != nil {
		return nil, err
	}
	req, err := p.request(opt)
	if err != nil {
		return nil, err
	}
	meter := newTransport(p.opt.Report)
	client, err := p.client(report.StageLock, archive.Options{AllowOlder: opt.AllowOlder, Transport: meter})
	if err != nil {
		return nil, err
	}
	err = p.opt.Report.Stage(report.StageLock, "choosing "+list(p.cfg.Packages.Install), func() (string, error) {
		c.Lock, err = choose.Lock(ctx, root, arch, req, choose.Options{Client: client, Keep: old, Upgrade: opt.Upgrade, UpgradeOnly: opt.UpgradeOnly})
		if err != nil {
			return "", err
		}
		return c.summary(old)
	})
	return c, err
}

// request is what the config asks for.
func (p *Provider) request(opt LockOptions) (choose.Request, error) {
	want := &p.cfg.Packages
	req := choose.Request{
		Install: want.Install, Recommends: want.Recommends, Sources: p.cfg.PackageSources(), Directories: p.directories(),
		Snapshot: want.Time(), AnyTime: opt.AllowExpired,
	}
	if !opt.Snapshot.IsZero() {
		req.Snapshot = opt.Snapshot
	}
	if !want.Keyring.IsZero() {
		const maxKeyring = 16 << 20
		var err error
		if req.Keyring, err = osfile.ReadBounded(want.Keyring.Abs, maxKeyring); err != nil {
			return req, fmt.Errorf("reading the keyring %q: %w", want.Keyring, err)
		}
		if len(req.Keyring) == 0 {
			return req, fmt.Errorf("reading the keyring %q: it is empty", want.Keyring)
		}
	}
	return req, nil
}

// existing reads the lock that is there, nil where there is none that can be
// read. What never was a lock isn't to be replaced.
func (p *Provider) existing(c *Choice) (*lockfile.Lock, error) {
	old, err := readLock(c.Output, c.path)
	switch {
	case err == nil:
		return old, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // there is none
	case errors.Is(err, osfile.ErrNotRegular):
		return nil, err
	}
	data, rerr := osfile.ReadBounded(c.path, maxLock)
	if rerr != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(data)) > 0 && !bytes.Contains(data, []byte("Lock-Version: ")) {
		return nil, fmt.Errorf("writing the lock of packages %q: %w: it already exists and is something else", c.Output, ErrOutput)
	}
	p.opt.Report.Note(report.StageLock, fmt.Sprintf("the versions of the existing lock are not kept: %v", err))
	return nil, nil //nolint:nilnil // as if there were none
}

// summary fills in the choice, and says it in a line.
func (c *Choice) summary(old *lockfile.Lock) (string, error) {
	var err error
	if c.data, err = c.Lock.Marshal(); err != nil {
		return "", err
	}
	c.Packages = len(c.Lock.Packages)
	for i := range c.Lock.Packages {
		c.Size += c.Lock.Packages[i].Size
	}
	if old != nil {
		c.Changes = changes(old, c.Lock)
	}
	was, err := os.ReadFile(c.path)
	c.Changed = err != nil || !bytes.Equal(was, c.data)
	text := fmt.Sprintf("%s (%s) in %s", report.Count(c.Packages, "package"), report.Bytes(c.Size), c.Output)
	if c.Packages == 0 {
		text = "no packages in " + c.Output + ", since the base has all that is asked for"
	}
	if !c.Changed {
		text += ", unchanged"
	}
	return text, nil
}

// changes compares two locks.
func changes(old, now *lockfile.Lock) []supply.LockChange {
	before := map[string]string{}
	for i := range old.Packages {
		before[old.Packages[i].Name] = old.Packages[i].Version
	}
	var out []supply.LockChange
	for i := range now.Packages {
		p := &now.Packages[i]
		if before[p.Name] != p.Version {
			out = append(out, supply.LockChange{Name: p.Name, From: before[p.Name], To: p.Version})
		}
		delete(before, p.Name)
	}
	for name, version := range before {
		out = append(out, supply.LockChange{Name: name, From: version})
	}
	slices.SortFunc(out, supply.LockChange.Compare)
	return out
}

// Names are those of packages that an existing lock has, so that they can be
// told from those of wheels; none where there is no lock.
func (p *Provider) Names() []string {
	old, err := p.Read()
	if err != nil {
		return nil
	}
	out := make([]string, 0, len(old.Packages))
	for i := range old.Packages {
		out = append(out, old.Packages[i].Name)
	}
	return out
}

// Requested are the names of the packages that the config asks for.
func (p *Provider) Requested() []string {
	out := make([]string, len(p.cfg.Packages.Install))
	for i, text := range p.cfg.Packages.Install {
		name, _, _ := strings.Cut(text, "=")
		out[i] = strings.TrimSpace(name)
	}
	return out
}

// Write writes the lock, whole or not at all. With also, which may be nil, it
// waits for that to succeed when all of the lock is on the disk but for its
// name: then either both are done or none is.
func (c *Choice) Write(also func() error) error {
	if also == nil {
		also = func() error { return nil }
	}
	if !c.Changed {
		return also()
	}
	var other error
	err := osfile.Replace(c.path, func(w io.Writer) error {
		if _, err := w.Write(c.data); err != nil {
			return err
		}
		if s, ok := w.(interface{ Sync() error }); ok {
			if err := s.Sync(); err != nil {
				return err
			}
		}
		other = also()
		return other
	}, osfile.Options{FollowLink: true})
	if err != nil && other == nil {
		return fmt.Errorf("writing the lock of packages %q: %w", c.Output, err)
	}
	return err
}

// shortPath is the path from the working directory, where that is shorter.
func shortPath(path string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, path); err == nil && len(rel) < len(path) && !strings.HasPrefix(rel, "..") {
			return rel
		}
	}
	return path
}
