package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/osfile"
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
	// Jobs bounds how many packages come at once; 0 is 6.
	Jobs int
	// Progress is told what goes on, from several goroutines; nil is silence.
	Progress func(Event)
}

const defaultJobs = 6

// Event says how far a package is.
type Event struct {
	// File is its name in the directory.
	File string
	// Done and Total are in bytes; Finished says that it is there.
	Done, Total int64
	Finished    bool
	// Note is something that the user may like to know, in one line.
	Note string
}

// File is a package that lies in the directory.
type File struct {
	Path string
	// Size is in bytes; Received is how many of them came over the network.
	Size, Received int64
}

// CorruptError says that what came is not the package that the lock means.
type CorruptError struct {
	File, From string
	Reason     string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("package %q from %s isn't the locked one: %s", e.File, e.From, e.Reason)
}

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
	files := make([]File, len(lock.Packages))
	errs := make([]error, len(lock.Packages))
	var g errgroup.Group
	g.SetLimit(cmp.Or(max(opt.Jobs, 0), defaultJobs))
	// The largest first, so that none of them is alone at the end.
	for _, i := range bySize(lock) {
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

func bySize(lock *lockfile.Lock) []int {
	order := make([]int, len(lock.Packages))
	for i := range order {
		order[i] = i
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
				out = append(out, place{root: fileURI(abs), name: name, shown: fmt.Sprintf("%q", dir)})
			}
		}
	}
	for _, root := range p.Archives {
		at := place{root: root, name: p.Filename, shown: root}
		for i := range f.opt.Sources {
			for _, uri := range f.opt.Sources[i].URIs {
				if archive.Shown(uri) == root {
					at.root, at.byUser = uri, at.byUser || f.opt.Sources[i].Named
				}
			}
		}
		out = append(out, at)
	}
	return out
}

// one brings a package, unless it is there.
func (f *fetcher) one(ctx context.Context, p *lockfile.Package) (File, error) {
	if ctx.Err() != nil {
		return File{}, nil
	}
	name := FileName(p)
	path := filepath.Join(f.dir, name)
	if isPackage(path, p) {
		f.opt.Progress(Event{File: name, Done: p.Size, Total: p.Size, Finished: true})
		return File{Path: path, Size: p.Size}, nil
	}
	part, err := openPart(ctx, filepath.Join(f.dir, "."+name+".part"), p)
	if err != nil {
		return File{}, fmt.Errorf("writing package %q: %w", name, err)
	}
	defer part.close()
	if isPackage(path, p) { // another process had it in work
		return File{Path: path, Size: p.Size}, part.remove()
	}
	var failures []error
	for _, at := range f.places(p) {
		received, err := f.from(ctx, part, at, name)
		if err == nil {
			if err := part.commit(path); err != nil {
				return File{}, fmt.Errorf("writing package %q: %w", name, err)
			}
			f.opt.Progress(Event{File: name, Done: p.Size, Total: p.Size, Finished: true})
			return File{Path: path, Size: p.Size, Received: received}, nil
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
