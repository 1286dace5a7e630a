package system

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/debs/install"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/debs/unpack"
)

// Base is what packages are installed on.
type Base struct {
	// Config is its configuration, and Digest that configuration's digest, which
	// names all of it.
	Config *v1.ConfigFile
	Digest string
	// Links are its links to directories, as [unpack.Options] has them.
	Links map[string]string
	// Files lists its files. It is asked only where nothing is remembered.
	Files func(context.Context) (*base.Files, error)
}

// Options are what packages need beside lock and base. The zero value works.
type Options struct {
	// Store keeps between runs what packages and bases told; nil keeps nothing.
	Store base.Store
	// TempDir is where packages are unpacked; see [unpack.Options].
	TempDir string
	// Jobs is how many packages are read at once; 0 or less means as many as
	// there are processors.
	Jobs int
	// Describe takes packages that aren't there for what the lock says of them;
	// see [System.Absent].
	Describe bool
}

// System is the packages of an image. Its methods may be called at once.
type System struct {
	// Lock pins the packages.
	Lock *lockfile.Lock
	// Absent are the file names of packages that aren't there, or are others; only
	// with Options.Describe.
	Absent []string

	base Base
	opt  Options
	set  *unpack.Set

	mu   sync.Mutex
	runs map[string]*install.Configured
}

// kindDeb is what the store keeps of a package by its SHA-256; the number changes
// when [deb.Facts] does.
const kindDeb = "deb 1"

// Open opens the packages that a lock pins, which lie in dir under the names that
// [fetch.FileName] gives them, for a base of which g is known. That the lock was
// made for this base is seen to before. Errors are those of packages deb and
// unpack.
func Open(ctx context.Context, on Base, g *Ground, lock *lockfile.Lock, dir string, opt Options) (*System, error) {
	if opt.Jobs <= 0 {
		opt.Jobs = runtime.GOMAXPROCS(0)
	}
	s := &System{Lock: lock, base: on, opt: opt, runs: map[string]*install.Configured{}}
	list, err := s.openAll(ctx, dir)
	if err != nil || list == nil {
		return s, err
	}
	s.set, err = unpack.New(unpack.Order(list), unpack.Options{Links: on.Links, Diversions: g.Diversions, TempDir: opt.TempDir})
	return s, err
}

// Set returns the packages in the order in which they are unpacked; nil where
// Absent ones have never been seen here.
func (s *System) Set() *unpack.Set { return s.set }

// Close removes what was unpacked.
func (s *System) Close() error {
	if s.set == nil {
		return nil
	}
	return s.set.Close()
}

// openAll opens the lock's packages, several at once, or remembers them. It
// returns none where one that is described can't be remembered.
func (s *System) openAll(ctx context.Context, dir string) ([]*deb.Package, error) {
	list := make([]*deb.Package, len(s.Lock.Packages))
	errs := make([]error, len(list))
	absent := make([]bool, len(list))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.opt.Jobs)
	for i := range s.Lock.Packages {
		g.Go(func() error {
			p := &s.Lock.Packages[i]
			path := filepath.Join(dir, fetch.FileName(p))
			list[i], errs[i] = s.open(ctx, path, p)
			if s.opt.Describe {
				_, err := os.Lstat(path)
				var other *deb.MismatchError // which would be replaced
				absent[i] = errors.Is(err, fs.ErrNotExist) || errors.As(errs[i], &other)
			}
			return context.Cause(ctx)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	known := true
	for i := range list {
		if absent[i] {
			s.Absent = append(s.Absent, fetch.FileName(&s.Lock.Packages[i]))
			known = known && errs[i] == nil
			errs[i] = nil
		}
	}
	if err := errors.Join(errs...); err != nil || !known {
		return nil, err
	}
	return list, nil
}

// open remembers a package, or opens it. What a file tells is kept only if it is
// the locked one.
func (s *System) open(ctx context.Context, path string, p *lockfile.Package) (*deb.Package, error) {
	opt := deb.Options{Verify: true, Want: deb.Want{Name: p.Name, Version: p.Version, Architecture: p.Architecture, SHA256: p.SHA256}}
	var facts deb.Facts
	if recall(s.opt.Store, kindDeb, p.SHA256, &facts) {
		if known, err := deb.Remembered(path, facts, opt); err == nil {
			return known, nil
		}
	}
	opened, err := deb.Open(ctx, path, opt)
	if err != nil {
		return nil, err
	}
	keep(s.opt.Store, kindDeb, p.SHA256, opened.Facts())
	return opened, nil
}
