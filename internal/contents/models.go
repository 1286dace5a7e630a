package contents

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/layers"
)

// KindModels is the kind of models' layers.
const KindModels Kind = "models"

// Model makes the layers of a model: those of an app entry, split by file where
// they would be too large.
type Model struct {
	App
	// MaxLayer is how many bytes a layer may have, as far as single files allow;
	// 0 or less means any number.
	MaxLayer int64
}

// maxSplit bounds how many files a model that is split may have, since they are
// held in memory. One of more isn't a model, but a data set.
const maxSplit = 100_000

// Plan implements [Maker].
func (m Model) Plan(ctx context.Context, on *Ground) (Planned, error) {
	var tree *app.Tree
	opened := m.Opened
	m.Opened = func(t *app.Tree) {
		tree = t
		if opened != nil {
			opened(t)
		}
	}
	planned, err := m.App.Plan(ctx, on)
	if err != nil {
		return Planned{}, err
	}
	whole := planned.Layers[0]
	whole.Kind = KindModels
	planned.Layers[0] = whole
	if m.MaxLayer <= 0 || tree.Size <= m.MaxLayer {
		return planned, nil
	}
	if tree.Files > maxSplit {
		return Planned{}, fmt.Errorf("model %q: it has %d files, more than the %d of a model that is split into layers", m.Options.Name, tree.Files, maxSplit)
	}
	parts, err := m.split(tree, on)
	if err != nil || len(parts) < 2 {
		return planned, err
	}
	planned.Layers = planned.Layers[:0]
	for i, entries := range parts {
		spec := layers.Spec{Exists: on.HasDir, Size: layers.EstimateSize(entries), Entries: func() ([]layers.Entry, error) { return entries, nil }}
		key := append([]string{"model", fmt.Sprint(m.ModTime.Unix()), fmt.Sprint(i), fmt.Sprint(m.MaxLayer), hex.EncodeToString(tree.Digest[:])}, on.existingParents(entries)...)
		name := fmt.Sprintf("%s → %s (part %d of %d)", m.Options.Name, m.To, i+1, len(parts))
		planned.Layers = append(planned.Layers, Layer{Kind: KindModels}.with(spec, name, key))
	}
	return planned, nil
}

// split parts a model's entries.
func (m Model) split(tree *app.Tree, on *Ground) ([][]layers.Entry, error) {
	var all []layers.Entry
	for e, err := range newEntries(tree, on) {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
		if m.Note != nil && e.Size > m.MaxLayer {
			m.Note(fmt.Sprintf("model %q: %q has %d bytes, and one file can't be split: its layer is larger than layers.max_layer", m.Options.Name, "/"+e.Path, e.Size))
		}
	}
	return layers.Split(all, m.MaxLayer), nil
}
