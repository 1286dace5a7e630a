package system

import (
	"context"
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/configure"
	"github.com/assemble-image/assemble/internal/debs/install"
	"github.com/assemble-image/assemble/layers"
)

// kindOutcome is what the store keeps of configuring; the number changes when
// [Outcome] does.
const kindOutcome = "debian outcome 1"

// Outcome is what configuring comes to.
type Outcome struct {
	// Key identifies the bytes of the layer that [System.Entries] gives, but for
	// the time in it.
	Key []string `json:"-"`
	// Size estimates the layer's packed bytes.
	Size int64
	// Upon is what is different about the base afterwards.
	Upon *base.Upon
	// Warnings say what couldn't be done.
	Warnings []configure.Warning
}

// key is what configuring depends on, beside this program: the base, the
// packages in their order, and which of them share a layer.
func (s *System) key(layered [][]int) []string {
	list := s.set.Packages()
	sums := make([]string, len(list))
	for i, p := range list {
		sums[i] = p.SHA256()
	}
	return append([]string{
		"configured", fmt.Sprint(install.Format), s.base.Digest, s.Lock.Architecture, fmt.Sprint(layered), strings.Join(s.requested(), " "),
	}, sums...)
}

// requested are the names of the packages that were asked for, without versions.
func (s *System) requested() []string {
	names := make([]string, len(s.Lock.Requested))
	for i, word := range s.Lock.Requested {
		names[i], _, _ = strings.Cut(word, "=")
	}
	return names
}

// Configure says what configuring the packages comes to; layered are the members
// of each of their layers, in the layers' order. Nothing is interpreted where the
// store knows the outcome. It is nil where packages that are Absent would be
// needed.
func (s *System) Configure(ctx context.Context, layered [][]int) (*Outcome, error) {
	out := &Outcome{Key: s.key(layered)}
	kept := layers.NewKey(out.Key...).String()
	if recall(s.opt.Store, kindOutcome, kept, out) && out.Upon != nil {
		return out, nil
	}
	if len(s.Absent) > 0 {
		return nil, nil //nolint:nilnil // as it says
	}
	done, err := s.run(ctx, layered)
	if err != nil {
		return nil, err
	}
	out.Upon, out.Warnings, out.Size = done.Upon, done.Warnings, layers.EstimateSize(done.Entries)
	keep(s.opt.Store, kindOutcome, kept, out)
	return out, nil
}

// Entries returns the layer on top of the packages' own: all that configuring
// makes, changes and removes. Contents can be opened until Close.
func (s *System) Entries(ctx context.Context, layered [][]int) ([]layers.Entry, error) {
	done, err := s.run(ctx, layered)
	if err != nil {
		return nil, err
	}
	return done.Entries, nil
}

// run configures the packages, once for each way in which they are layered.
func (s *System) run(ctx context.Context, layered [][]int) (*install.Configured, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := fmt.Sprint(layered)
	if done := s.runs[key]; done != nil {
		return done, nil
	}
	files, err := s.base.Files(ctx)
	if err != nil {
		return nil, err
	}
	done, err := install.Configure(ctx, s.set, install.Options{
		Files: files, Config: s.base.Config, Arch: s.Lock.Architecture, Requested: s.requested(), Layered: layered,
		Jobs: s.opt.Jobs,
	})
	if err == nil {
		s.runs[key] = done
	}
	return done, err
}
