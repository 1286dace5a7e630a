package pipeline

import (
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/wheels"
)

// defaultMaxLayer is the packed size above which one wheel becomes several
// layers: registries and the proxies before them refuse or time out on
// bodies of several gigabytes, and clients download layers in parallel.
const defaultMaxLayer = 512 << 20

func (p *Pipeline) maxLayer() int64 {
	if n := int64(p.cfg.Layers.MaxLayer); n > 0 {
		return n
	}
	return defaultMaxLayer
}

// installParts are the parts of a layer's key that say how wheels are
// installed.
func (p *Pipeline) installParts(t *target) []string {
	return append(wheels.KeyParts(t.scheme, p.opt.SkipRecord), fmt.Sprint(p.layerTime().Unix()), t.rootsID)
}

// entries returns what wheel i installs, less what a later wheel replaces.
func (s *wheelSet) entries(i int) ([]layers.Entry, error) {
	w, err := s.wheels[i].open()
	if err != nil {
		return nil, err
	}
	entries, err := w.Entries(s.target.scheme)
	if err != nil {
		return nil, err
	}
	return wheels.Lost(s.facts.Conflicts, i).Drop(entries), nil
}

// layers plans the layers of the wheels: a large one alone, or in parts where
// it is larger than a layer may be, small ones in groups.
func (s *wheelSet) layers(p *Pipeline) ([]Layer, error) {
	var list []Layer
	var items []layers.Item
	var whole []int // wheels that are not split
	for i, w := range s.wheels {
		if sizes := s.facts.Parts[i]; len(sizes) > 1 {
			for part := range sizes {
				list = append(list, s.part(p, i, part))
			}
			continue
		}
		whole = append(whole, i)
		items = append(items, layers.Item{Name: w.pin.Normalized, Size: w.source.Size})
	}
	opt := layers.GroupOptions{
		Budget: p.cfg.Layers.Budget,
		Hard:   manifest.MaxLayers - s.target.baseLayers - len(list) - p.ownLayerCount(),
	}
	if opt.Hard == 0 {
		opt.Hard = -1 // no room, where 0 would mean the default
	}
	groups, err := layers.Group(items, opt)
	if err != nil {
		return nil, fmt.Errorf("grouping wheels into layers: %w", err)
	}
	for _, group := range groups {
		members := make([]int, len(group))
		for j, item := range group {
			members[j] = whole[item]
		}
		slices.Sort(members) // the lock's order
		list = append(list, s.group(p, members))
	}
	return list, nil
}

// group is the layer of whole wheels.
func (s *wheelSet) group(p *Pipeline, members []int) Layer {
	spec := layers.Spec{Exists: s.target.isRoot}
	layer := Layer{Kind: KindWheels}
	key := append([]string{"wheels"}, p.installParts(s.target)...)
	names := make([]string, len(members))
	for j, i := range members {
		w := s.wheels[i]
		names[j] = w.pin.Normalized + " " + w.pin.VersionText
		layer.Wheels = append(layer.Wheels, w.source.Name)
		spec.Sources = append(spec.Sources, w.source)
		spec.Size += w.source.Size
		key = append(key, w.source.Digest(), wheels.Lost(s.facts.Conflicts, i).KeyPart())
	}
	spec.Entries = func() ([]layers.Entry, error) {
		if len(members) == 1 { // large ones are alone: without a copy
			return s.entries(members[0])
		}
		var all []layers.Entry
		for _, i := range members {
			entries, err := s.entries(i)
			if err != nil {
				return nil, err
			}
			all = append(all, entries...)
		}
		return all, nil
	}
	return p.marked(layer.with(spec, report.List(names), key))
}

// part is one of the layers of a wheel that is split.
func (s *wheelSet) part(p *Pipeline, i, part int) Layer {
	w, sizes := s.wheels[i], s.facts.Parts[i]
	spec := layers.Spec{Exists: s.target.isRoot, Sources: []*layers.Source{w.source}, Size: sizes[part]}
	spec.Entries = func() ([]layers.Entry, error) {
		entries, err := s.entries(i)
		if err != nil {
			return nil, err
		}
		return layers.Split(entries, p.maxLayer())[part], nil
	}
	key := append([]string{"part", fmt.Sprint(part), fmt.Sprint(p.maxLayer())}, p.installParts(s.target)...)
	key = append(key, w.source.Digest(), wheels.Lost(s.facts.Conflicts, i).KeyPart())
	name := fmt.Sprintf("%s %s (part %d of %d)", w.pin.Normalized, w.pin.VersionText, part+1, len(sizes))
	return p.marked(Layer{Kind: KindWheels, Wheels: []string{w.source.Name}}.with(spec, name, key))
}

// marked says in the image's history that a layer's wheels were not held
// against their RECORD, where that is so.
func (p *Pipeline) marked(l Layer) Layer {
	if p.opt.SkipRecord {
		l.spec.CreatedBy += " (RECORD not checked)"
	}
	return l
}

// with completes a layer by its spec, name and key.
func (l Layer) with(spec layers.Spec, name string, key []string) Layer {
	spec.Name = name
	spec.CreatedBy = "assemble: " + name
	spec.Key = layers.NewKey(key...)
	l.Name, l.Size, l.Key, l.spec = name, spec.Size, spec.Key.String(), spec
	return l
}
