package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// warmRuns is how often the short runs are made in each round.
const warmRuns = 3

// measurement is one run of everything.
type measurement struct {
	*settings
	samples samples
	work    string // what all rounds use
	dir     string // what the round leaves
	round   int
	changes int
	stages  []string // of a push, in their order

	base        *baseRegistry
	once, twice *job
	key         string // to sign with
	rival       *rival
	puller      *puller
}

func measureVerb(ctx context.Context, args []string) (err error) {
	s, err := parseSettings(args)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(s.out, "bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	m := &measurement{settings: s, samples: samples{}, work: work}
	host := thisMachine()
	if m.base, err = serveBase(ctx, s, work); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.base.stop()) }()
	if err := m.prepare(ctx); err != nil {
		return err
	}
	for m.round = 1; m.round <= s.runs; m.round++ {
		if err := m.measure(ctx); err != nil {
			return err
		}
		if err := m.clear(ctx); err != nil {
			return err
		}
	}
	host.LoadAfter = load()
	rep, err := newReport(m, host)
	if err != nil {
		return err
	}
	if err := rep.write(s.out); err != nil {
		return err
	}
	_, err = fmt.Print(rep.text())
	return err
}

// prepare writes the configs and brings all that will be read into memory, so
// that nobody is the first to read it.
func (m *measurement) prepare(ctx context.Context) (err error) {
	m.rival = &rival{uv: m.uv, crane: m.crane, lock: m.lock, wheels: m.wheels, app: m.app}
	m.puller = &puller{ctr: m.ctr, containerd: m.containerd}
	if m.once, err = newJob(m.settings, m.base.candidate(), filepath.Join(m.work, "once"), m.lock, m.wheels); err != nil {
		return err
	}
	if m.wants("again") {
		if m.key, err = m.once.keygen(ctx); err != nil {
			return err
		}
	}
	house := m.wheels
	if m.wants("twice") {
		house = filepath.Join(m.work, "twins")
		m.say("copying the wheels under other names")
		if err := makeTwins(ctx, m.lock, m.wheels, house); err != nil {
			return err
		}
		if m.twice, err = newJob(m.settings, m.base.candidate(), filepath.Join(m.work, "twice"), filepath.Join(house, "lock.txt"), house); err != nil {
			return err
		}
	}
	for _, dir := range []string{house, filepath.Join(layoutDir(m.layout), "blobs", "sha256")} {
		names, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			return err
		}
		for _, name := range names {
			if _, err := fileDigest(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *measurement) say(format string, args ...any) {
	where := ""
	if m.round > 0 {
		where = fmt.Sprintf("%d of %d: ", m.round, m.runs)
	}
	fmt.Fprintf(os.Stderr, "bench: "+where+format+"\n", args...)
}

// took notes one figure and says it.
func (m *measurement) took(name series, seconds float64) {
	m.samples.add(name, seconds)
	m.say("%s: %.3f s", name, seconds)
}

// measure is one round: each contender once, one after the other.
func (m *measurement) measure(ctx context.Context) (err error) {
	if m.dir, err = os.MkdirTemp(m.work, "round-"); err != nil {
		return err
	}
	if err := m.pushes(ctx); err != nil {
		return err
	}
	if m.wants("twice") {
		if err := m.pushTwice(ctx); err != nil {
			return err
		}
	}
	for _, p := range []struct {
		part string
		run  func(context.Context) error
	}{{"pack", m.packs}, {"fetch", m.fetches}, {"look", m.looks}, {"lock", m.locks}, {"debs", m.debs}} {
		if !m.wants(p.part) {
			continue
		}
		if err := p.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// roundSpace is what a round leaves on the disk at most, for a few hundred
// wheels, in bytes.
const roundSpace = 20 << 30

// clear removes what the round has left, and gives the disk a rest before the
// next, unless there is room to leave all until the end. A file system may be
// slow to make files for a while after many were removed (ext4 without a
// journal looks for inodes that weren't in use lately), and whoever comes next
// would pay. So nothing is removed within a round either.
func (m *measurement) clear(ctx context.Context) error {
	settle()
	if m.round == m.runs || freeSpace(m.work) >= roundSpace {
		return nil
	}
	m.say("removing what the rounds have left: %d GiB are free", freeSpace(m.work)>>30)
	if err := os.RemoveAll(m.dir); err != nil {
		return err
	}
	settle()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(m.rest):
		return nil
	}
}

// packs measures packing alone and what limits it.
func (m *measurement) packs(ctx context.Context) error {
	out := &packing{}
	if err := m.tool(ctx, out, m.self, "pack", m.wheels); err != nil {
		return err
	}
	m.took(packBuild, out.Build)
	m.samples.add(packAll, out.Open+out.Build)
	if err := m.limits(ctx, limitOwn, "own"); err != nil {
		return err
	}
	return m.limits(ctx, limitKlaus, "klauspost")
}

func (m *measurement) limits(ctx context.Context, name series, inflater string) error {
	var out struct {
		Seconds float64 `json:"seconds"`
	}
	if err := m.tool(ctx, &out, m.limit, "-inflater", inflater, m.wheels); err != nil {
		return err
	}
	m.took(name, out.Seconds)
	return nil
}

// tool runs a program that prints JSON.
func (m *measurement) tool(ctx context.Context, into any, program string, args ...string) error {
	_, out, err := execute(ctx, nil, m.work, program, args...)
	if err != nil {
		return err
	}
	return json.Unmarshal(out, into)
}
