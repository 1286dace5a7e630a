package provide

import (
	"context"
	"errors"
	"io/fs"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/debs/deb"
)

// The kinds of findings.
const (
	// KindOutdated: the lock isn't what the config asks for.
	KindOutdated = "outdated"
	// KindBase: the lock was made for another base.
	KindBase = "base"
)

// Finding is something that is wrong about the packages.
type Finding struct {
	Kind string
	// Error says that it is an error, not just a warning.
	Error bool
	Text  string
}

// Checked is what [Provider.Check] found.
type Checked struct {
	// Packages counts those of the lock.
	Packages int
	Findings []Finding
}

// Check holds the lock against config and base, as [Provider.Verify] does, and
// each of its packages against the lock; those that aren't there are fetched.
// Errors are of what can't be judged, or isn't a package.
func (p *Provider) Check(ctx context.Context, root fs.FS) (*Checked, error) {
	lock, err := p.Read()
	if err != nil {
		return nil, err
	}
	out := &Checked{Packages: len(lock.Packages)}
	err = p.Verify(lock, root)
	var outdated *OutdatedError
	var other *BaseError
	if errors.As(err, &outdated) {
		out.Findings = append(out.Findings, Finding{Kind: KindOutdated, Error: true, Text: outdated.Error()})
	}
	if errors.As(err, &other) {
		out.Findings = append(out.Findings, Finding{Kind: KindBase, Error: true, Text: other.Error()})
	}
	if err != nil && outdated == nil && other == nil {
		return nil, err
	}
	files, err := p.Bring(ctx, lock)
	if err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	const jobs = 4
	g.SetLimit(jobs)
	for i := range files {
		l := &lock.Packages[i]
		g.Go(func() error {
			_, err := deb.Open(ctx, files[i].Path, deb.Options{Want: deb.Want{Name: l.Name, Version: l.Version, Architecture: l.Architecture}})
			return err
		})
	}
	return out, g.Wait()
}
