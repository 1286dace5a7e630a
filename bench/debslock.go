package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
)

// debsLock measures how long it takes to lock packages with lists that are
// cached, which asks each source for news, against apt's own choice of the same
// with lists and cache of its own, which asks nobody. It fails unless both choose
// the same.
func (m *measurement) debsLock(ctx context.Context, dir string) error {
	cfg, err := config.Load(filepath.Join(m.packages, config.DefaultFile))
	if err != nil {
		return err
	}
	apt, err := newApt(ctx, filepath.Join(dir, "apt"), cfg, m.layout)
	if err != nil {
		return err
	}
	lock := filepath.Join(dir, lockfile.Name)
	ours := func() (usage, error) {
		used, _, err := execute(ctx, nil, m.packages, m.assemble, "lock", "--quiet", "--cache-dir", filepath.Join(dir, "lists"), "--package-lock", lock)
		return used, err
	}
	if _, err := ours(); err != nil { // which fills the cache
		return err
	}
	_, chosen, err := apt.choose(ctx)
	if err != nil {
		return err
	}
	if err := sameChoice(lock, chosen); err != nil {
		return err
	}
	for range warmRuns {
		a, err := ours()
		if err != nil {
			return err
		}
		b, _, err := apt.choose(ctx)
		if err != nil {
			return err
		}
		m.took(debsLocked, a.Seconds)
		m.took(debsLockCPU, a.CPU)
		m.took(debsApt, b.Seconds)
		m.took(debsAptCPU, b.CPU)
	}
	return nil
}

// apt is the apt-get of this machine, with a state of its own: the base's
// packages, and the config's sources.
type apt struct {
	dir     string
	options []string
	names   []string
}

func newApt(ctx context.Context, dir string, cfg *config.Config, layout string) (*apt, error) {
	img, err := base.Open(ctx, []string{"oci:" + layout}, v1.Platform{OS: "linux", Architecture: "arm64"}, base.Options{})
	if err != nil {
		return nil, err
	}
	root, err := choose.Root(ctx, img.Image, base.FactsOptions{})
	if err != nil {
		return nil, err
	}
	status, err := fs.ReadFile(root, "var/lib/dpkg/status")
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{"etc/apt.conf.d", "etc/preferences.d", "etc/sources.list.d", "lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	sources := ""
	for _, line := range cfg.PackageSources() {
		sources += "deb " + strings.TrimPrefix(line, "deb ") + "\n"
	}
	for name, data := range map[string]string{"status": string(status), "etc/sources.list": sources} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			return nil, err
		}
	}
	a := &apt{dir: dir, names: cfg.Packages.Install}
	for _, o := range []string{
		"Dir::Etc=" + dir + "/etc", "Dir::State=" + dir, "Dir::State::status=" + dir + "/status", "Dir::Cache=" + dir + "/cache",
		"Dir::Cache::pkgcache=pkgcache.bin", "Dir::Cache::srcpkgcache=srcpkgcache.bin",
		"APT::Architecture=arm64", "APT::Architectures::=arm64", "APT::Sandbox::User=root", "Acquire::Languages=none",
	} {
		a.options = append(a.options, "-o", o)
	}
	_, _, err = execute(ctx, nil, dir, "apt-get", append(slices.Clone(a.options), "update", "-qq")...)
	return a, err
}

// choose returns the files that apt would fetch.
func (a *apt) choose(ctx context.Context) (usage, []string, error) {
	args := slices.Concat(a.options, []string{"install", "--print-uris", "-qq", "-y", "--no-install-recommends"}, a.names)
	used, out, err := execute(ctx, nil, a.dir, "apt-get", args...)
	if err != nil {
		return used, nil, err
	}
	var files []string
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) > 1 && strings.HasSuffix(words[1], ".deb") {
			files = append(files, words[1])
		}
	}
	if len(files) == 0 {
		return used, nil, errors.New("apt-get names no packages")
	}
	return used, files, nil
}

// sameChoice fails unless a lock has the packages that apt chose.
func sameChoice(name string, files []string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	lock, err := lockfile.Parse(data)
	if err != nil {
		return fmt.Errorf("reading %q: %w", name, err)
	}
	ours := make([]string, len(lock.Packages))
	for i := range lock.Packages {
		p := &lock.Packages[i]
		ours[i] = p.Name + "_" + strings.ReplaceAll(p.Version, ":", "%3a") + "_" + p.Architecture + ".deb"
	}
	slices.Sort(ours)
	slices.Sort(files)
	if !slices.Equal(ours, files) {
		return fmt.Errorf("assemble lock and apt-get have not chosen the same: %q and %q", ours, files)
	}
	return nil
}
