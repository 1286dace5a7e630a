package main

import (
	"context"
	"errors"
	"slices"
)

// pushes measures the cold pushes of both contenders, and what uses their
// images. Each has a registry of its own, which is empty.
func (m *measurement) pushes(ctx context.Context) (err error) {
	if !m.wants("push") {
		return nil
	}
	ours, err := startRegistry(ctx, m.registry, m.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.stop()) }()
	ref := ours.address + "/bench/app:1"
	if err := m.pushCold(ctx, ref); err != nil {
		return err
	}
	if !m.wants("rival") {
		return m.pushAgain(ctx, ref)
	}
	theirs, err := startRegistry(ctx, m.registry, m.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, theirs.stop()) }()
	rivalRef := theirs.address + "/bench/app:1"
	if err := m.pushRival(ctx, rivalRef); err != nil {
		return err
	}
	if err := m.pulls(ctx, ref, rivalRef); err != nil {
		return err
	}
	return m.pushAgain(ctx, ref)
}

func (m *measurement) pushCold(ctx context.Context, ref string) error {
	if err := m.once.forget(); err != nil {
		return err
	}
	used, result, err := m.once.push(ctx, ref)
	if err != nil {
		return err
	}
	if err := cached(result, len(result.Layers)); err != nil {
		return err
	}
	m.took(coldPush, used.Seconds)
	m.samples.add(coldPeak, float64(used.Peak))
	m.samples.add(coldCPU, used.CPU)
	size, layers := result.wheelBytes()
	m.samples.add(layerBytes, float64(size))
	m.samples.add(layerCount, float64(layers))
	for _, s := range result.Stages {
		m.samples.add(stagePrefix+series(s.Stage), s.Seconds)
		if m.round == 1 {
			m.stages = append(m.stages, s.Stage)
		}
	}
	return nil
}

func (m *measurement) pushRival(ctx context.Context, ref string) error {
	t, err := m.rival.push(ctx, m.dir, m.base.ref, ref)
	if err != nil {
		return err
	}
	m.took(rivalInstall, t.install.Seconds)
	m.took(rivalTar, t.tar.Seconds)
	m.took(rivalPush, t.push.Seconds)
	m.took(rivalAll, t.total().Seconds)
	m.samples.add(rivalCPU, t.total().CPU)
	return nil
}

// pulls has both images pulled, now the one and now the other first.
func (m *measurement) pulls(ctx context.Context, ours, theirs string) error {
	if !m.wants("pull") {
		return nil
	}
	images := []struct {
		name series
		ref  string
	}{{pullOurs, ours}, {pullRival, theirs}}
	if m.round%2 == 0 {
		slices.Reverse(images)
	}
	for _, image := range images {
		used, err := m.puller.pull(ctx, m.dir, image.ref)
		if err != nil {
			return err
		}
		m.took(image.name, used.Seconds)
	}
	return nil
}

// pushAgain measures pushes to a registry and with a cache that know nearly
// everything.
func (m *measurement) pushAgain(ctx context.Context, ref string) error {
	if !m.wants("again") {
		return nil
	}
	for range warmRuns {
		if err := m.pushWarm(ctx, again, 0, ref); err != nil {
			return err
		}
		m.changes++
		if err := m.once.change(m.changes); err != nil {
			return err
		}
		if err := m.pushWarm(ctx, againChanged, 1, ref); err != nil {
			return err
		}
		for _, name := range []series{signingAnew, againSigned} {
			if err := m.pushWarm(ctx, name, 0, ref, "--key", m.key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *measurement) pushWarm(ctx context.Context, name series, packed int, ref string, flags ...string) error {
	used, result, err := m.once.push(ctx, ref, flags...)
	if err != nil {
		return err
	}
	m.took(name, used.Seconds)
	return cached(result, packed)
}

// pushTwice measures the cold push of twice the wheels.
func (m *measurement) pushTwice(ctx context.Context) (err error) {
	r, err := startRegistry(ctx, m.registry, m.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	if err := m.twice.forget(); err != nil {
		return err
	}
	used, result, err := m.twice.push(ctx, r.address+"/bench/twice:1")
	if err != nil {
		return err
	}
	m.took(twicePush, used.Seconds)
	m.samples.add(twicePeak, float64(used.Peak))
	return cached(result, len(result.Layers))
}
