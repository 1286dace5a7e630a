package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
)

// scheme is where the wheels go in python:3.10-slim-bookworm.
var scheme = wheels.Scheme{
	Purelib: sitePackages, Platlib: sitePackages, Scripts: "usr/local/bin", Data: "usr/local",
	Headers: "usr/local/include/python3.10", Interpreter: "/usr/local/bin/python3.10",
}

// packing is what `bench pack` prints.
type packing struct {
	Open  float64 `json:"open"` // seconds to hash, read and check the wheels
	Build float64 `json:"build"`
	Bytes int64   `json:"bytes"`
}

// packVerb packs the wheels in a directory as `assemble push` does, but
// without registry, cache or any other output.
func packVerb(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("pack", flag.ContinueOnError)
	jobs := flags.Int("jobs", runtime.GOMAXPROCS(0), "how many cores to use")
	profile := flags.String("cpuprofile", "", "write where the time goes to a file, for go tool pprof")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("usage: bench pack [-jobs N] [-cpuprofile FILE] DIR")
	}
	start := time.Now()
	specs, err := wheelSpecs(ctx, flags.Arg(0), *jobs)
	if err != nil {
		return err
	}
	out := packing{Open: time.Since(start).Seconds()}
	var made []*layers.Layer
	err = profiled(*profile, func() (err error) {
		start = time.Now()
		made, err = layers.Build(ctx, specs, layers.Options{Jobs: *jobs})
		out.Build = time.Since(start).Seconds()
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range made {
		out.Bytes += l.Head().Size
		if err := l.Close(); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// profiled runs f and writes a CPU profile of it, unless file is empty.
func profiled(file string, f func() error) (err error) {
	if file == "" {
		return f()
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := pprof.StartCPUProfile(out); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f()
}

// wheelSpecs plans the layers of all wheels in dir.
func wheelSpecs(ctx context.Context, dir string, jobs int) ([]layers.Spec, error) {
	opened, err := openWheels(ctx, dir, jobs)
	if err != nil {
		return nil, err
	}
	conflicts, err := conflictsOf(opened)
	if err != nil {
		return nil, err
	}
	items := make([]layers.Item, len(opened))
	for i, w := range opened {
		items[i] = item(w.Source)
	}
	groups, err := layers.Group(items, layers.GroupOptions{})
	if err != nil {
		return nil, err
	}
	specs := make([]layers.Spec, len(groups))
	for i, group := range groups {
		spec := layers.Spec{Name: items[group[0]].Name}
		for _, j := range group {
			spec.Sources = append(spec.Sources, opened[j].Source)
			spec.Size += opened[j].Source.Size
		}
		spec.Entries = func() ([]layers.Entry, error) {
			var all []layers.Entry
			for _, j := range group {
				entries, err := opened[j].Entries(scheme)
				if err != nil {
					return nil, err
				}
				all = append(all, wheels.Lost(conflicts, j).Drop(entries)...)
			}
			return all, nil
		}
		specs[i] = spec
	}
	return specs, nil
}

// conflictsOf returns the paths that several of the wheels own.
func conflictsOf(opened []*wheels.Wheel) ([]wheels.Conflict, error) {
	set := wheels.NewSet(scheme)
	for _, w := range opened {
		if err := set.Add(w); err != nil {
			return nil, err
		}
	}
	return set.Conflicts()
}

// openWheels opens the wheels in dir, in the order of their names.
func openWheels(ctx context.Context, dir string, jobs int) ([]*wheels.Wheel, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no wheels in %q", dir)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(jobs)
	opened := make([]*wheels.Wheel, len(names))
	for i, name := range names {
		g.Go(func() (err error) {
			if ctx.Err() == nil {
				opened[i], err = wheels.Open(name, wheels.Options{})
			}
			return err
		})
	}
	return opened, g.Wait()
}

// item is a wheel as the grouping sees it.
func item(s *layers.Source) layers.Item {
	name, _, _ := strings.Cut(s.Name, "-")
	return layers.Item{Name: strings.ToLower(strings.ReplaceAll(name, "_", "-")), Size: s.Size}
}
