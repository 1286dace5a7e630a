package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// debsConfig is an image of a base and packages, without a wheel.
const debsConfig = `base: [%q]
platform: linux/arm64
packages: {install: [libgl1, libglib2.0-0, libsm6, libxext6], lock: %q, dir: %q}
`

// debs measures how long Debian packages take to become layers, from .deb files
// on this disk, and what they add to a push with nothing new.
func (m *measurement) debs(ctx context.Context) (err error) {
	r, err := startRegistry(ctx, m.registry, m.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	dir := filepath.Join(m.dir, "debs")
	with := &job{assemble: m.assemble, dir: filepath.Join(dir, "with")}
	without := &job{assemble: m.assemble, dir: filepath.Join(dir, "without")}
	debs := filepath.Join(m.packages, "debs")
	for j, text := range map[*job]string{
		with:    fmt.Sprintf(debsConfig, m.base.candidate(), filepath.Join(m.packages, "packages.lock"), debs),
		without: fmt.Sprintf("base: [%q]\nplatform: linux/arm64\n", m.base.candidate()),
	} {
		if err := os.MkdirAll(j.dir, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(j.dir, "assemble.yaml"), []byte(text), 0o644); err != nil {
			return err
		}
	}
	used, result, err := with.push(ctx, r.address+"/bench/with:1")
	if err != nil {
		return err
	}
	took := 0.0
	for _, s := range result.Stages {
		if s.Stage == "packages" || s.Stage == "layers" { // reading the base and uploading it are others
			took += s.Seconds
		}
	}
	m.took(debsOurs, took)
	m.samples.add(debsPeak, float64(used.Peak))
	if err := m.debsRival(ctx, debs, dir); err != nil {
		return err
	}
	if err := m.debsAgain(ctx, with, without, r.address); err != nil {
		return err
	}
	return m.debsLock(ctx, dir)
}

// debsAgain measures what packages add to a push with nothing new.
func (m *measurement) debsAgain(ctx context.Context, with, without *job, registry string) error {
	if _, _, err := without.push(ctx, registry+"/bench/without:1"); err != nil {
		return err
	}
	for range warmRuns {
		one, result, err := with.push(ctx, registry+"/bench/with:1")
		if err != nil {
			return err
		}
		if err := cached(result, 0); err != nil {
			return err
		}
		other, _, err := without.push(ctx, registry+"/bench/without:1")
		if err != nil {
			return err
		}
		m.took(debsAdded, max(one.Seconds-other.Seconds, 0))
	}
	return nil
}

// debsRival does what one would do without this project: unpacks the packages
// into one directory, and packs that. It configures nothing.
func (m *measurement) debsRival(ctx context.Context, debs, dir string) error {
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return err
	}
	root := filepath.Join(dir, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		return err
	}
	script := `root=$1; shift; for deb; do dpkg-deb --extract "$deb" "$root" || exit; done
		tar --create --owner 0 --group 0 --directory "$root" . | pigz -6 >"$root.tar.gz"`
	args := slices.Concat([]string{"-c", script, "sh", root}, files)
	used, _, err := execute(ctx, nil, dir, "sh", args...)
	if err != nil {
		return err
	}
	m.took(debsRival, used.Seconds)
	return nil
}
