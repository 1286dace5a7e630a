package contents

import (
	"context"
	"fmt"
	"time"

	"github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/debs/system"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
)

// System makes the layers of system packages: those of their files, as [Packages]
// makes them, and on top of them a small one with what configuring them makes.
// What lies above sees a base that has the packages.
type System struct {
	From *system.System
	// Budget, Reserved, MaxLayer and ModTime are those of [Packages].
	Budget, Reserved int
	MaxLayer         int64
	ModTime          time.Time
	// Note is told what couldn't be done, and what isn't known yet; nil is
	// silent.
	Note func(string)
}

// Plan implements [Maker].
func (s System) Plan(ctx context.Context, on *Ground) (Planned, error) {
	if len(s.From.Lock.Packages) == 0 {
		return Planned{}, nil
	}
	set := s.From.Set()
	if set == nil {
		return s.described(on)
	}
	files := Packages{Set: set, Budget: s.Budget, Reserved: s.Reserved + 1, MaxLayer: s.MaxLayer, ModTime: s.ModTime}
	planned, err := files.Plan(ctx, on)
	if err != nil {
		return Planned{}, err
	}
	outcome, err := s.From.Configure(ctx, planned.Members)
	if err != nil {
		return Planned{}, err
	}
	s.noteAbsent(outcome != nil)
	if outcome == nil {
		planned.Layers = append(planned.Layers, Layer{Kind: KindConfigured}.with(layers.Spec{}, s.name(), nil).unknown())
		return planned, nil
	}
	for _, w := range outcome.Warnings {
		s.note(w.String())
	}
	members := planned.Members
	reading := context.WithoutCancel(ctx)
	spec := layers.Spec{Size: outcome.Size, Exists: everywhere, Entries: func() ([]layers.Entry, error) { return s.From.Entries(reading, members) }}
	key := append(outcome.Key, fmt.Sprint(s.ModTime.Unix()))
	planned.Layers = append(planned.Layers, Layer{Kind: KindConfigured}.with(spec, s.name(), key))
	planned.Facts = on.Target.Facts.With(outcome.Upon)
	planned.Packaged = set.Files()
	return planned, nil
}

// name is that of the last layer.
func (s System) name() string {
	return report.Count(len(s.From.Lock.Packages), "package") + ", configured"
}

func (s System) note(text string) {
	if s.Note != nil {
		s.Note(text)
	}
}

// described plans packages that aren't here by what the lock says of them.
func (s System) described(on *Ground) (Planned, error) {
	s.noteAbsent(false)
	list := s.From.Lock.Packages
	items := make([]layers.Item, len(list))
	for i := range list {
		items[i] = layers.Item{Name: list[i].Name, Size: list[i].Size}
	}
	groups, err := grouped(items, on, s.Budget, s.Reserved+1, s.MaxLayer)
	if err != nil {
		return Planned{}, err
	}
	var planned Planned
	for _, members := range groups {
		l := Layer{Kind: KindPackages}
		var spec layers.Spec
		for _, i := range members {
			l.Packages = append(l.Packages, list[i].Name+" "+list[i].Version)
			spec.Size += list[i].Size
		}
		planned.Layers = append(planned.Layers, l.with(spec, report.List(l.Packages), nil).unknown())
	}
	planned.Layers = append(planned.Layers, Layer{Kind: KindConfigured}.with(layers.Spec{}, s.name(), nil).unknown())
	return planned, nil
}

// maxAbsent is how many absent packages a note names.
const maxAbsent = 4

// noteAbsent says which packages aren't here and, unless they were seen before,
// what of the plan isn't certain.
func (s System) noteAbsent(known bool) {
	if len(s.From.Absent) == 0 {
		return
	}
	text := fmt.Sprintf("%d of %s aren't here and would be downloaded", len(s.From.Absent), report.Count(len(s.From.Lock.Packages), "package"))
	if len(s.From.Absent) <= maxAbsent {
		text += " (" + report.List(s.From.Absent) + ")"
	}
	if !known {
		text += "; until then it isn't known which paths they replace (those layers get other keys), what configuring them comes to, and which users, programs and directories they bring"
	}
	s.note(text)
}

// unknown is a layer whose bytes aren't known yet.
func (l Layer) unknown() Layer {
	l.Key, l.Spec.Key = "", layers.Key{}
	return l
}

// everywhere is for layers all of whose directories are there.
func everywhere(string) bool { return true }

// grouped groups system packages into layers.
func grouped(items []layers.Item, on *Ground, budget, reserved int, maxLayer int64) ([][]int, error) {
	opt := layers.GroupOptions{Budget: budget, Hard: manifest.MaxLayers - on.Target.BaseLayers - reserved, MaxLayer: maxLayer}
	if opt.Hard == 0 {
		opt.Hard = -1 // no room, where 0 would mean the default
	}
	groups, err := layers.Group(items, opt)
	if err != nil {
		return nil, fmt.Errorf("grouping system packages into layers: %w", err)
	}
	return groups, nil
}

// Package is a system package of a plan.
type Package struct {
	Name         string `json:"name"`
	Version      string `json:"version"`
	Architecture string `json:"architecture"`
	// File is what it is called where packages lie, Size its bytes.
	File   string `json:"file"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	// Replaces is the version of the base's package that it replaces.
	Replaces string `json:"replaces,omitempty"`
	// Why says what asked for it.
	Why string `json:"why"`
}

// PackageList lists a system's packages, by name.
func PackageList(s *system.System) []Package {
	list := make([]Package, 0, len(s.Lock.Packages))
	for i := range s.Lock.Packages {
		p := &s.Lock.Packages[i]
		list = append(list, Package{
			Name: p.Name, Version: p.Version, Architecture: p.Architecture, File: fetch.FileName(p), Size: p.Size, SHA256: p.SHA256,
			Replaces: p.Replaces, Why: p.Why,
		})
	}
	return list
}
