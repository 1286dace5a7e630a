package main

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// entry is one file of a wheel.
type entry struct {
	wheel          *os.File
	name           string
	offset, length int64 // of the packed bytes
	size           int64 // of the content
	deflated       bool
}

// wheelList is all files of some wheels, the largest first, so that none of
// them is left for the end when the other cores have nothing to do.
type wheelList struct {
	files   []*os.File
	entries []entry
}

// openWheels reads the directories of all wheels in dir.
func openWheels(dir string) (_ *wheelList, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no wheels in %q", dir)
	}
	list := &wheelList{}
	defer func() {
		if err != nil {
			err = errors.Join(err, list.Close())
		}
	}()
	for _, name := range names {
		if err := list.add(name); err != nil {
			return nil, fmt.Errorf("reading wheel %q: %w", filepath.Base(name), err)
		}
	}
	slices.SortStableFunc(list.entries, func(a, b entry) int { return cmp.Compare(b.size, a.size) })
	return list, nil
}

func (l *wheelList) add(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	l.files = append(l.files, f)
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	r, err := zip.NewReader(f, fi.Size())
	if err != nil {
		return err
	}
	for _, z := range r.File {
		offset, err := z.DataOffset()
		if err != nil {
			return err
		}
		if z.Method != zip.Deflate && z.Method != zip.Store {
			return fmt.Errorf("%q is packed by method %d", z.Name, z.Method)
		}
		l.entries = append(l.entries, entry{
			wheel: f, name: z.Name, offset: offset, deflated: z.Method == zip.Deflate,
			length: int64(z.CompressedSize64), size: int64(z.UncompressedSize64),
		})
	}
	return nil
}

// Close closes the wheels.
func (l *wheelList) Close() error {
	errs := make([]error, len(l.files))
	for i, f := range l.files {
		errs[i] = f.Close()
	}
	return errors.Join(errs...)
}

// inflate inflates and hashes every file, jobs of them at once.
func (l *wheelList) inflate(ctx context.Context, jobs int, newInflater func() inflater) error {
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range max(jobs, 1) {
		g.Go(func() error {
			w := newWorker(newInflater())
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(l.entries) {
					return nil
				}
				e := &l.entries[n]
				if err := w.read(e); err != nil {
					return fmt.Errorf("reading %q in wheel %q: %w", e.name, filepath.Base(e.wheel.Name()), err)
				}
			}
			return context.Cause(ctx)
		})
	}
	return g.Wait()
}
