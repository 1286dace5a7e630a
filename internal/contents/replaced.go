package contents

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/layers"
)

// whiteout begins the name of an entry that hides its namesake below (OCI
// image-spec, layer.md, "Whiteouts").
const whiteout = ".wh."

// Replaced makes the layer that takes those projects off the base that the set
// brings as well, as pip uninstalls the version that is there before it installs
// another. It lies below the wheels' layers, so that its whiteouts hide the
// base's files only.
type Replaced struct {
	Set *supply.Set
	// ModTime is the time of everything in the layer.
	ModTime time.Time
	// Note is told of each project that is replaced; nil is silent.
	Note func(string)
}

// UnrecordedError says that a project of the base can't be replaced, since the
// base doesn't tell which files are its own.
type UnrecordedError struct {
	Name string
	// Base and Wanted are the versions that are there and that is to be
	// installed; Dir is where the base has its metadata.
	Base, Wanted, Dir string
}

// Error names both versions and what is missing.
func (e *UnrecordedError) Error() string {
	return fmt.Sprintf("replacing %s %s of the base by %s: %q has no RECORD, so which files to remove is unknown", e.Name, e.Base, e.Wanted, e.Dir)
}

// Plan implements [Maker]. Without anything to replace there is no layer.
func (r Replaced) Plan(_ context.Context, on *Ground) (Planned, error) {
	facts := on.Target.Facts
	var old []base.Dist
	var names []string
	for _, w := range r.Set.Wheels {
		for _, d := range facts.Installed(w.Pin.Normalized) {
			if !d.Recorded {
				return Planned{}, &UnrecordedError{Name: d.Name, Base: d.Version, Wanted: w.Pin.VersionText, Dir: d.Dir}
			}
			if r.Note != nil {
				r.Note(fmt.Sprintf("%s %s of the base is replaced by %s", d.Name, d.Version, w.Pin.VersionText))
			}
			old = append(old, d)
			names = append(names, d.Name+" "+d.Version)
		}
	}
	if len(old) == 0 {
		return Planned{}, nil
	}
	gone := facts.Removal(old)
	entries := make([]layers.Entry, len(gone))
	for i, p := range gone {
		dir, name := path.Split(relative(p))
		entries[i] = layers.Entry{Path: dir + whiteout + name, Mode: 0o644, Owner: "replaced"}
	}
	key := []string{"replaced", fmt.Sprint(r.ModTime.Unix())}
	for _, e := range entries {
		key = append(key, e.Path)
	}
	key = append(key, on.existingParents(entries)...)
	spec := layers.Spec{Exists: on.HasDir, Size: layers.EstimateSize(entries), Entries: func() ([]layers.Entry, error) { return entries, nil }}
	layer := Layer{Kind: KindReplaced}.with(spec, "without the base's "+report.List(names), key)
	return Planned{Layers: []Layer{layer}, Gone: gone}, nil
}

// isGone reports whether the base's path was taken off, itself or with a
// directory around it.
func (g *Ground) isGone(p string) bool {
	if len(g.gone) == 0 {
		return false
	}
	at, ok := g.Target.Facts.Resolve(p)
	return ok && slices.ContainsFunc(g.gone, func(gone string) bool {
		return at == gone || strings.HasPrefix(at, gone+"/")
	})
}
