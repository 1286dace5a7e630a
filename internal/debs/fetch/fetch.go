package fetch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/layers"
)

// Options are what fetching needs beside the lock. The zero value works.
type Options struct {
	// Client asks the archives; nil is one with defaults.
	Client *archive.Client
	// Sources are those that the lock was made of, as they are configured: their
	// URIs may have credentials, and hosts that the user named.
	Sources []archive.Source
	// Directories are looked into before any archive, for files of that digest.
	Directories []string
	// Digests knows the files that were hashed in earlier runs; nil knows none.
	Digests Digests
	// Jobs bounds how many packages come at once; 0 is 6.
	Jobs int
	// Progress is told what goes on, from several goroutines; nil is silence.
	Progress func(Event)
}

const (
	defaultJobs = 6
	partSuffix  = ".deb.part"
)

// Digests keeps the SHA-256 of files, as wheels.DigestCache does.
type Digests interface {
	Lookup(*layers.Source) (digest [sha256.Size]byte, ok bool)
	Save(*layers.Source) error
}

// Event says how far a package is, or, once and first of all, how many of them
// are missing.
type Event struct {
	// File is its name in the directory; empty where it is about all that are
	// missing: Files of them, with Total bytes.
	File  string
	Files int
	// Done and Total are in bytes; Finished says that it is there.
	Done, Total int64
	Finished    bool
	// Note is something that the user may like to know, in one line.
	Note string
}

// File is a package that lies in the directory.
type File struct {
	Path string
	// Size is in bytes; Received is how many of them came in this run.
	Size, Received int64
	// Local says that they came from this machine, rather than over the network.
	Local bool
}

// CorruptError says that what came is not the package that the lock means.
type CorruptError struct {
	File, From string
	Reason     string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("package %q from %s isn't the locked one: %s", e.File, e.From, e.Reason)
}

// Error says that a package can't be had from a place.
type Error struct {
	File, From string
	err        error
}

func (e *Error) Error() string {
	return fmt.Sprintf("fetching package %q from %s: %v", e.File, e.From, e.err)
}

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.err }

// FileName is the name of a package's file: that which apt gives it.
func FileName(p *lockfile.Package) string {
	return p.Name + "_" + strings.ReplaceAll(p.Version, ":", "%3a") + "_" + p.Architecture + ".deb"
}

// Debs brings the packages of a lock into a directory, which is made where there
// is none, and returns their files in the lock's order. It goes on past packages
// that can't be had, so that all of those are reported together.
func Debs(ctx context.Context, lock *lockfile.Lock, dir string, opt Options) ([]File, error) {
	if opt.Client == nil {
		opt.Client = archive.New(archive.Options{})
	}
	if opt.Progress == nil {
		opt.Progress = func(Event) {}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the directory of packages: %w", err)
	}
	f := &fetcher{opt: opt, dir: dir}
	files, err := f.present(ctx, lock)
	if err != nil {
		return nil, err
	}
	osfile.SweepParts(dir, func(name string) bool { return strings.HasPrefix(name, ".") && strings.HasSuffix(name, partSuffix) })
	missing := bySize(lock, files)
	plan := Event{Files: len(missing)}
	for _, i := range missing {
		plan.Total += lock.Packages[i].Size
	}
	opt.Progress(plan)
	errs := make([]error, len(files))
	var g errgroup.Group
	g.SetLimit(opt.jobs())
	for _, i := range missing {
		g.Go(func() error {
			files[i], errs[i] = f.one(ctx, &lock.Packages[i])
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return files, osfile.SyncDir(dir)
}

// Present returns the files of a lock's packages in a directory, in the lock's
// order, where all of them are there; otherwise it reports false.
func Present(ctx context.Context, lock *lockfile.Lock, dir string, opt Options) ([]File, bool, error) {
	f := &fetcher{opt: opt, dir: dir}
	files, err := f.present(ctx, lock)
	all := !slices.ContainsFunc(files, func(f File) bool { return f.Path == "" })
	return files, all && err == nil, err
}

func (o *Options) jobs() int { return cmp.Or(max(o.Jobs, 0), defaultJobs) }

// present finds the packages that are there; the others have no path.
func (f *fetcher) present(ctx context.Context, lock *lockfile.Lock) ([]File, error) {
	files := make([]File, len(lock.Packages))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(f.opt.jobs())
	for i := range lock.Packages {
		g.Go(func() error {
			p := &lock.Packages[i]
			if path := filepath.Join(f.dir, FileName(p)); ctx.Err() == nil && f.isPackage(path, p) {
				files[i] = File{Path: path, Size: p.Size}
			}
			return context.Cause(ctx)
		})
	}
	return files, g.Wait()
}

// bySize are the packages that are missing, the largest first, so that none of
// them is alone at the end.
func bySize(lock *lockfile.Lock, files []File) []int {
	var order []int
	for i := range files {
		if files[i].Path == "" {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lock.Packages[b].Size, lock.Packages[a].Size) })
	return order
}

type fetcher struct {
	opt Options
	dir string
}

// place is where a package can be had.
type place struct {
	root, name string
	byUser     bool
	local      bool
	// shown is the place in messages.
	shown string
}

// places are where a package may be, in the order in which they are asked.
func (f *fetcher) places(p *lockfile.Package) []place {
	var out []place
	for _, dir := range f.opt.Directories {
		// A directory's files have whatever names; the lock knows the one that it had.
		for _, name := range []string{filepath.Base(p.Filename), FileName(p)} {
			abs, err := filepath.Abs(dir)
			if err == nil {
				out = append(out, place{root: fileURI(abs), name: name, local: true, shown: fmt.Sprintf("%q", dir)})
			}
		}
	}
	return append(out, f.archives(p)...)
}

// archives are those that have a package: those that the lock names, in its
// order. Where the user has configured others since, as a mirror that can be
// reached from here, these come first.
func (f *fetcher) archives(p *lockfile.Package) []place {
	var named []place
	locked := make([]place, 0, len(p.Archives))
	known, hosts := map[string]string{}, map[string]bool{}
	for i := range f.opt.Sources {
		s := &f.opt.Sources[i]
		for _, uri := range s.URIs {
			if _, again := known[archive.Shown(uri)]; again {
				continue
			}
			known[archive.Shown(uri)] = uri
			hosts[hostOf(uri)] = hosts[hostOf(uri)] || s.Named
			named = append(named, place{root: uri, name: p.Filename, byUser: s.Named, local: isLocal(uri), shown: archive.Shown(uri)})
		}
	}
	configured := false
	for _, root := range p.Archives {
		at := place{root: root, name: p.Filename, byUser: hosts[hostOf(root)], local: isLocal(root), shown: root}
		if uri, ok := known[root]; ok {
			at.root, configured = uri, true
		}
		locked = append(locked, at)
	}
	if configured || len(p.Archives) == 0 {
		return locked
	}
	return append(named, locked...)
}

func hostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Host
}

func isLocal(uri string) bool {
	return strings.HasPrefix(uri, "file:") || strings.HasPrefix(uri, "copy:")
}

// one brings a package, unless it is there.
func (f *fetcher) one(ctx context.Context, p *lockfile.Package) (_ File, err error) {
	if ctx.Err() != nil {
		return File{}, nil
	}
	name := FileName(p)
	path := filepath.Join(f.dir, name)
	part, err := openPart(ctx, filepath.Join(f.dir, "."+strings.TrimSuffix(name, ".deb")+partSuffix), p)
	if err != nil {
		return File{}, fmt.Errorf("writing package %q: %w", name, err)
	}
	defer func() { err = errors.Join(err, part.close()) }()
	if f.isPackage(path, p) { // another process had it in work
		return File{Path: path, Size: p.Size}, part.Remove()
	}
	var failures []error
	for _, at := range f.places(p) {
		received, err := f.from(ctx, part, at, name)
		if err == nil {
			if err := part.Commit(path, time.Time{}); err != nil {
				return File{}, fmt.Errorf("writing package %q: %w", name, err)
			}
			f.opt.Progress(Event{File: name, Done: p.Size, Total: p.Size, Finished: true})
			return File{Path: path, Size: p.Size, Received: received, Local: at.local}, nil
		}
		if ctx.Err() != nil {
			return File{}, context.Cause(ctx)
		}
		if !errors.Is(err, archive.ErrNotFound) || len(failures) == 0 {
			failures = append(failures, err)
		}
	}
	if len(failures) == 0 {
		return File{}, fmt.Errorf("fetching package %q: the lock names no archive for it, and it is in none of the directories", name)
	}
	return File{}, errors.Join(failures...)
}
