package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// The target of the locks that are made, which is that of python:3.10-slim-bookworm.
const (
	lockPython = "3.10.19"
	lockGlibc  = "2.36"
)

// lockSet is a file of requirements to make locks of.
type lockSet struct {
	what string // in the table
	file string // from the repository's root
}

var lockSets = []lockSet{
	{"the backend's requirements", "requirements.prod.txt"},
	{"36 popular projects", "bench/testdata/popular.txt"},
	{"a Django site", "bench/testdata/django.txt"},
}

// Series of a set.
func (l lockSet) cold() series     { return "lock, CPU seconds: " + series(l.file) }
func (l lockSet) warm() series     { return "lock again, CPU seconds: " + series(l.file) }
func (l lockSet) peak() series     { return "lock, peak memory: " + series(l.file) }
func (l lockSet) rival() series    { return "uv pip compile, CPU seconds: " + series(l.file) }
func (l lockSet) rivalHot() series { return "uv pip compile again, CPU seconds: " + series(l.file) }
func (l lockSet) rivalMax() series { return "uv pip compile, peak memory: " + series(l.file) }

// lockRows are the rows of the part "lock": what is promised, and what is for
// information.
func lockRows() (promised, informative []plannedRow) {
	const part, uv = "lock", "uv pip compile: CPU time, same pins"
	for _, l := range lockSets {
		promised = append(promised,
			plannedRow{row{What: "lock, CPU time: " + l.what, Unit: seconds, Against: uv, Ratio: 1.5}, part, l.cold(), l.rival()},
		)
		informative = append(informative,
			plannedRow{row{What: "lock again, CPU time: " + l.what, Unit: seconds, Against: uv}, part, l.warm(), l.rivalHot()},
			plannedRow{row{What: "lock, peak memory: " + l.what, Unit: byteCount, Against: "uv pip compile"}, part, l.peak(), l.rivalMax()},
		)
	}
	return promised, informative
}

// locks measures making locks of real requirements: first with nothing in any
// cache, then with what that left. It counts CPU time, of all cores, as the
// time on the clock is the index's. A first run of each, which isn't counted,
// fills the index.
func (m *measurement) locks(ctx context.Context) (err error) {
	url, stop, err := m.serveIndex(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for _, set := range lockSets {
		l := &locking{measurement: m, index: url, input: filepath.Join(m.root, filepath.FromSlash(set.file))}
		for run := range 2 {
			if l.dir, err = os.MkdirTemp(m.dir, "lock-"); err != nil {
				return err
			}
			if run > 0 || m.round == 1 {
				err = l.compare(ctx, set, run > 0)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// serveIndex starts an index to make locks from. It is a process of its own,
// since the peak memory of a program is at least that of the one that started it.
func (m *measurement) serveIndex(ctx context.Context) (url string, stop func() error, err error) {
	cmd := exec.CommandContext(ctx, m.self, "serve", m.lockIndex, m.lockPages)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("starting the index: %w", err)
	}
	stop = func() error { return errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()) }
	url, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("starting the index: %w", errors.Join(err, stop()))
	}
	return strings.TrimSpace(url), stop, nil
}

// locking makes locks of one file.
type locking struct {
	*measurement
	index, input, dir string
}

// compare runs both contenders twice, and fails unless all have the same pins:
// a comparison of different work would be worth nothing.
func (l *locking) compare(ctx context.Context, set lockSet, counted bool) error {
	ours, theirs := filepath.Join(l.dir, "ours"), filepath.Join(l.dir, "theirs")
	for i, s := range [][2]series{{set.cold(), set.rival()}, {set.warm(), set.rivalHot()}} {
		a, err := l.assembleLock(ctx, ours+".lock", ours)
		if err != nil {
			return err
		}
		b, err := l.uvCompile(ctx, theirs+".lock", theirs)
		if err != nil {
			return err
		}
		if err := samePins(ctx, ours+".lock", theirs+".lock"); err != nil {
			return fmt.Errorf("%s: %w", set.file, err)
		}
		if !counted {
			return nil
		}
		l.took(s[0], a.CPU)
		l.took(s[1], b.CPU)
		if i == 0 {
			l.samples.add(set.peak(), float64(a.Peak))
			l.samples.add(set.rivalMax(), float64(b.Peak))
		}
	}
	return nil
}

// assembleLock makes a lock, anew.
func (l *locking) assembleLock(ctx context.Context, lock, cache string) (usage, error) {
	if err := os.RemoveAll(lock); err != nil {
		return usage{}, err
	}
	used, _, err := execute(ctx, direct, l.once.dir, l.assemble, "lock", "--quiet", "--python", lockPython, "--glibc", lockGlibc,
		"--index", l.index, "--cache-dir", cache, "--output", lock, l.input)
	return used, err
}

// uvCompile runs what one would use instead. Its Python is named, so that it
// doesn't look for one.
func (l *locking) uvCompile(ctx context.Context, lock, cache string) (usage, error) {
	if err := os.RemoveAll(lock); err != nil {
		return usage{}, err
	}
	used, _, err := execute(ctx, direct, l.dir, l.uv, "pip", "compile", "--quiet", "--no-config",
		"--python", filepath.Join(filepath.Dir(l.uv), "python"), "--python-version", lockPython,
		"--python-platform", "aarch64-manylinux_2_36", "--only-binary", ":all:", "--generate-hashes", "--no-strip-extras",
		"--default-index", l.index, "--cache-dir", cache, "--output-file", lock, l.input)
	return used, err
}

// samePins fails unless two locks pin the same projects, with the same extras,
// to the same versions.
func samePins(ctx context.Context, a, b string) error {
	ours, err := pinned(ctx, a)
	if err != nil {
		return err
	}
	theirs, err := pinned(ctx, b)
	if err != nil {
		return err
	}
	for _, pin := range slices.Concat(ours, theirs) {
		if !slices.Contains(ours, pin) || !slices.Contains(theirs, pin) {
			return fmt.Errorf("assemble lock and uv pip compile have not pinned the same: %s", pin)
		}
	}
	return nil
}

// pinned returns what a lock pins, as "name[extra]==version".
func pinned(ctx context.Context, name string) ([]string, error) {
	open := func(path string) (io.ReadCloser, error) { return os.Open(path) }
	env := tags.Target{Python: lockPython, Machine: "aarch64", Glibc: lockGlibc}.Environment()
	pins, err := requirements.ReadPins(ctx, name, open, env, requirements.Options{}, requirements.LockOptions{})
	if err != nil {
		return nil, err
	}
	list := make([]string, len(pins))
	for i, p := range pins {
		list[i] = fmt.Sprintf("%s%q==%s", p.Normalized, slices.Sorted(slices.Values(p.Extras)), p.Version.Canonical())
	}
	return list, nil
}
