package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// minDownloads is how many downloads `assemble fetch` must keep going.
const minDownloads = 8

// direct keeps programs from asking a proxy for what is on this machine.
var direct = []string{"NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1"}

// fetches measures how long the lock's wheels take to get into an empty
// directory, from one index and with nothing in any cache.
func (m *measurement) fetches(ctx context.Context) (err error) {
	url := m.fetchIndex
	var local *wheelIndex
	if url == "" {
		if local, err = startIndex(ctx, m.wheels); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, local.stop()) }()
		url = local.url
	}
	used, err := m.once.fetch(ctx, url, filepath.Join(m.dir, "fetched"), filepath.Join(m.dir, "fetch-cache"))
	if err != nil {
		return err
	}
	m.took(fetchOurs, used.Seconds)
	m.samples.add(fetchPeak, float64(used.Peak))
	m.samples.add(fetchCPU, used.CPU)
	if local != nil {
		if most := local.takeMost(); most < minDownloads {
			return fmt.Errorf("assemble fetch kept %d downloads going, and should %d", most, minDownloads)
		}
	}
	if used, err = m.pipDownload(ctx, url, filepath.Join(m.dir, "downloaded")); err != nil {
		return err
	}
	m.took(fetchPip, used.Seconds)
	m.samples.add(fetchPipPeak, float64(used.Peak))
	m.samples.add(fetchPipCPU, used.CPU)
	return sameFiles(filepath.Join(m.dir, "fetched"), filepath.Join(m.dir, "downloaded"))
}

// fetch runs `assemble fetch` into a wheelhouse.
func (j *job) fetch(ctx context.Context, url, house, cache string) (usage, error) {
	used, _, err := execute(ctx, direct, j.dir, j.assemble, "fetch", "--quiet", "--index", url, "--wheelhouse", house, "--cache-dir", cache)
	return used, err
}

// pipDownload runs what one would use instead. Settings of this machine don't
// count, and wheels go to no cache, so that each is written once.
func (m *measurement) pipDownload(ctx context.Context, url, dir string) (usage, error) {
	args := []string{
		"-m", "pip", "--isolated", "download", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-deps",
		"--require-hashes", "--only-binary=:all:", "--implementation", "cp", "--python-version", "3.10",
		"--abi", "cp310", "--abi", "abi3", "--abi", "none",
	}
	for minor := 36; minor >= 17; minor-- { // of the base's glibc, the best first
		args = append(args, "--platform", fmt.Sprintf("manylinux_2_%d_aarch64", minor))
	}
	args = append(args, "--platform", "manylinux2014_aarch64", "--platform", "linux_aarch64",
		"--index-url", url, "--requirement", m.lock, "--dest", dir)
	used, _, err := execute(ctx, append(direct, "PIP_CONFIG_FILE="+os.DevNull), m.dir, m.pip, args...)
	return used, err
}

// sameFiles fails unless both directories have files of the same names and
// sizes: a comparison of different work would be worth nothing.
func sameFiles(a, b string) error {
	var lists [2]map[string]int64
	for i, dir := range []string{a, b} {
		names, err := filepath.Glob(filepath.Join(dir, "*.whl"))
		if err != nil {
			return err
		}
		lists[i] = make(map[string]int64, len(names))
		for _, name := range names {
			fi, err := os.Stat(name)
			if err != nil {
				return err
			}
			lists[i][filepath.Base(name)] = fi.Size()
		}
	}
	for i, list := range lists {
		for name, size := range list {
			if other, ok := lists[1-i][name]; !ok || other != size {
				return fmt.Errorf("assemble fetch and pip download have not fetched the same: %s", name)
			}
		}
	}
	return nil
}

// looks measures checking and planning when all wheels are known.
func (m *measurement) looks(ctx context.Context) error {
	for _, verb := range []struct {
		name series
		args []string
	}{
		{checkWarm, []string{"check", "--warn", "conflict"}},
		{planWarm, []string{"plan"}},
	} {
		args := append(verb.args, "--quiet", "--cache-dir", filepath.Join(m.work, "looks-cache"))
		for run := range warmRuns + 1 {
			used, _, err := execute(ctx, nil, m.once.dir, m.once.assemble, args...)
			if err != nil {
				return err
			}
			if run > 0 || m.round > 1 { // the very first fills the cache
				m.took(verb.name, used.Seconds)
			}
		}
	}
	return nil
}
