//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/debs/ground"
	system "github.com/assemble-image/assemble/internal/debs/install"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/unpack"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
)

// install chooses packages by the base's own sources, fetches them, makes the
// layers, and puts those on top of ours, which is a copy of the base.
func install(ctx context.Context, dir, ours, debs, arch string, names []string) error {
	temp, err := os.MkdirTemp("", "debcompare.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) //nolint:errcheck // it is for the system to clean
	img, err := imageOf(dir, temp, arch)
	if err != nil {
		return fmt.Errorf("reading the base: %w", err)
	}
	files, err := base.ReadFiles(ctx, img, base.FactsOptions{})
	if err != nil {
		return err
	}
	r, err := ground.Root(ctx, files, root.Options{})
	if err != nil {
		return err
	}
	lock, err := choose.Lock(ctx, ground.FS(r), arch, choose.Request{Install: names}, choose.Options{})
	if err != nil {
		return err
	}
	set, err := open(ctx, lock, debs, temp, files, r)
	if err != nil {
		return err
	}
	defer set.Close() //nolint:errcheck // temp is removed
	start, cpu := time.Now(), cpuTime()
	config, err := img.ConfigFile()
	if err != nil {
		return err
	}
	built, warnings, err := build(ctx, set, system.Options{Files: files, Config: config, Arch: arch, Requested: names, Jobs: 2}, temp)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Println("warning:", w)
	}
	fmt.Printf("%d packages, %d layers in %.1f s (%.1f CPU s)\n", len(set.Packages()), len(built), time.Since(start).Seconds(), (cpuTime() - cpu).Seconds())
	for _, l := range built {
		if err := applyLayer(ours, l); err != nil {
			return fmt.Errorf("applying the layer %q: %w", l.Name(), err)
		}
	}
	return nil
}

// open fetches the lock's packages and opens them as a set on the base.
func open(ctx context.Context, lock *lockfile.Lock, debs, temp string, files *base.Files, r *root.Root) (*unpack.Set, error) {
	fetched, err := fetch.Debs(ctx, lock, filepath.Join(temp, "debs"), fetch.Options{Directories: []string{debs}})
	if err != nil {
		return nil, err
	}
	var list []*deb.Package
	for i, f := range fetched {
		p, err := deb.Open(ctx, f.Path, deb.Options{Want: deb.Want{SHA256: lock.Packages[i].SHA256}})
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	opt := unpack.Options{Links: links(files, r), TempDir: temp}
	if data, err := r.ReadFile("/var/lib/dpkg/diversions", 1<<20); err == nil {
		if opt.Diversions, err = unpack.ParseDiversions(data); err != nil {
			return nil, err
		}
	}
	return unpack.New(unpack.Order(list), opt)
}

// links are the base's links to directories, as [contents.PackageLinks] has them
// of a base with Python.
func links(files *base.Files, r *root.Root) map[string]string {
	out := map[string]string{}
	for _, f := range files.List() {
		if f.Link == "" {
			continue
		}
		at, err := r.Real("/"+strings.TrimPrefix(f.Path, "/"), root.NothingMissing)
		if err != nil {
			continue // it leads nowhere
		}
		if info, err := r.Lstat(at); err == nil && info.Mode.IsDir() && at != "/" {
			out[strings.TrimPrefix(f.Path, "/")] = at[1:]
		}
	}
	return out
}

// build packs the layers of the packages' files, and the one of configuring.
func build(ctx context.Context, set *unpack.Set, opt system.Options, temp string) ([]*layers.Layer, []fmt.Stringer, error) {
	planned, err := contents.Packages{Set: set}.Plan(ctx, &contents.Ground{Target: &target.Target{BaseLayers: 1}})
	if err != nil {
		return nil, nil, err
	}
	opt.Layered = planned.Members
	configured, err := system.Configure(ctx, set, opt)
	if err != nil {
		return nil, nil, err
	}
	var specs []layers.Spec
	for _, l := range planned.Layers {
		specs = append(specs, l.Spec)
	}
	specs = append(specs, layers.Spec{
		Name: "configuration", Exists: func(string) bool { return true },
		Entries: func() ([]layers.Entry, error) { return configured.Entries, nil },
	})
	built, err := layers.Build(ctx, specs, layers.Options{TempDir: temp})
	var warnings []fmt.Stringer
	for _, w := range configured.Warnings {
		warnings = append(warnings, w)
	}
	return built, warnings, err
}
