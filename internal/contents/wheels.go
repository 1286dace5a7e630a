package contents

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/wheels"
)

// Wheels makes the layers of a set of wheels: a large one alone, or in parts
// where it is larger than a layer may be, small ones in groups.
type Wheels struct {
	Set *supply.Set
	// Budget is how many layers there should be; see [layers.GroupOptions].
	Budget int
	// Reserved is how many of the image's layers are for others.
	Reserved int
	// MaxLayer is the size above which a wheel is split: that by which the
	// set's facts were read.
	MaxLayer int64
	// SkipRecord says that wheels aren't checked against their RECORD.
	SkipRecord bool
	// ModTime is the time of everything in the layers.
	ModTime time.Time
}

var _, _, _, _, _, _, _ Maker = System{}, Packages{}, Replaced{}, Wheels{}, Accounts{}, App{}, Workdir{}

// Plan implements [Maker].
func (w Wheels) Plan(_ context.Context, on *Ground) (Planned, error) {
	var list []Layer
	var items []layers.Item
	var whole []int // wheels that are not split
	for i, wheel := range w.Set.Wheels {
		if sizes := w.Set.Facts.Parts[i]; len(sizes) > 1 {
			for part := range sizes {
				list = append(list, w.part(on, i, part))
			}
			continue
		}
		whole = append(whole, i)
		items = append(items, layers.Item{Name: wheel.Pin.Normalized, Size: wheel.Source.Size})
	}
	opt := layers.GroupOptions{
		Budget: w.Budget,
		Hard:   manifest.MaxLayers - on.Target.BaseLayers - len(list) - w.Reserved,
	}
	if opt.Hard == 0 {
		opt.Hard = -1 // no room, where 0 would mean the default
	}
	groups, err := layers.Group(items, opt)
	if err != nil {
		return Planned{}, fmt.Errorf("grouping wheels into layers: %w", err)
	}
	for _, group := range groups {
		members := make([]int, len(group))
		for j, item := range group {
			members[j] = whole[item]
		}
		slices.Sort(members) // the lock's order
		list = append(list, w.group(on, members))
	}
	return Planned{Layers: list}, nil
}

// installParts are the parts of a layer's key that say how wheels are
// installed.
func (w Wheels) installParts(t *target.Target) []string {
	return InstallParts(t, w.SkipRecord, w.ModTime)
}

// InstallParts are the parts that the keys of all layers of wheels have in common.
func InstallParts(t *target.Target, skipRecord bool, modTime time.Time) []string {
	return append(wheels.KeyParts(t.Scheme, skipRecord), fmt.Sprint(modTime.Unix()), t.RootsID())
}

// group is the layer of whole wheels.
func (w Wheels) group(on *Ground, members []int) Layer {
	spec := layers.Spec{Exists: on.Target.IsRoot}
	layer := Layer{Kind: KindWheels}
	key := append([]string{"wheels"}, w.installParts(on.Target)...)
	names := make([]string, len(members))
	for j, i := range members {
		wheel := w.Set.Wheels[i]
		names[j] = wheel.Pin.Normalized + " " + wheel.Pin.VersionText
		layer.Wheels = append(layer.Wheels, wheel.Source.Name)
		spec.Sources = append(spec.Sources, wheel.Source)
		spec.Size += wheel.Source.Size
		key = append(key, wheel.Source.Digest(), w.Set.Lost(i).KeyPart())
	}
	spec.Entries = func() ([]layers.Entry, error) {
		if len(members) == 1 { // large ones are alone: without a copy
			return w.Set.Entries(members[0])
		}
		var all []layers.Entry
		for _, i := range members {
			entries, err := w.Set.Entries(i)
			if err != nil {
				return nil, err
			}
			all = append(all, entries...)
		}
		return all, nil
	}
	return w.marked(layer.with(spec, report.List(names), key))
}

// part is one of the layers of a wheel that is split.
func (w Wheels) part(on *Ground, i, part int) Layer {
	wheel, sizes := w.Set.Wheels[i], w.Set.Facts.Parts[i]
	spec := layers.Spec{Exists: on.Target.IsRoot, Sources: []*layers.Source{wheel.Source}, Size: sizes[part]}
	spec.Entries = func() ([]layers.Entry, error) {
		entries, err := w.Set.Entries(i)
		if err != nil {
			return nil, err
		}
		return layers.Split(entries, w.MaxLayer)[part], nil
	}
	key := append([]string{"part", fmt.Sprint(part), fmt.Sprint(w.MaxLayer)}, w.installParts(on.Target)...)
	key = append(key, wheel.Source.Digest(), w.Set.Lost(i).KeyPart())
	name := fmt.Sprintf("%s %s (part %d of %d)", wheel.Pin.Normalized, wheel.Pin.VersionText, part+1, len(sizes))
	return w.marked(Layer{Kind: KindWheels, Wheels: []string{wheel.Source.Name}}.with(spec, name, key))
}

// marked says in the image's history that a layer's wheels were not checked
// against their RECORD, where that is so.
func (w Wheels) marked(l Layer) Layer {
	if w.SkipRecord {
		l.Spec.CreatedBy += " (RECORD not checked)"
	}
	return l
}
