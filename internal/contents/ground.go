package contents

import (
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
)

// Ground is what lies there before a layer is planned: the base, and what the
// layers before own.
type Ground struct {
	// Target is the base and what follows from it.
	Target *target.Target
	owned  map[string]bool // directories of layers before
	gone   []string        // paths of the base that layers before hide
	made   map[string]bool // directories of layers before that those above write again
	files  map[string]bool // files of layers before that those above don't replace unasked
	packed map[string]bool // files of system packages
}

// NewGround returns the ground that the base alone is.
func NewGround(t *target.Target) *Ground { return &Ground{Target: t, owned: map[string]bool{}} }

// with is the ground with what was planned on it. The one before stays as it
// is: it is used again when layers are packed.
func (g *Ground) with(p Planned) *Ground {
	if len(p.Dirs) == 0 && len(p.Gone) == 0 && len(p.Made) == 0 && len(p.Files) == 0 && p.Facts == nil {
		return g
	}
	next := &Ground{
		Target: g.Target, owned: maps.Clone(g.owned), gone: slices.Concat(g.gone, p.Gone),
		made: map[string]bool{}, files: map[string]bool{}, packed: g.packed,
	}
	if p.Facts != nil {
		next.Target = g.Target.With(p.Facts)
	}
	if len(p.Packaged) > 0 {
		next.packed = maps.Clone(g.packed)
		if next.packed == nil {
			next.packed = map[string]bool{}
		}
		for _, file := range p.Packaged {
			next.packed[file] = true
		}
	}
	maps.Copy(next.files, g.files)
	for _, file := range p.Files {
		next.files[file] = true
	}
	maps.Copy(next.made, g.made)
	for _, dir := range p.Made {
		next.made[dir] = true
	}
	for _, dir := range p.Dirs {
		next.owned[dir] = true
	}
	return next
}

// HasDir reports whether a directory, relative to the root, is there already:
// it isn't written again, so that it keeps its owner and mode.
func (g *Ground) HasDir(dir string) bool { return g.owned[dir] || g.baseHasDir(dir) }

// baseHasDir and baseHasFile are what [base.Facts] says, but for what is gone.
func (g *Ground) baseHasDir(dir string) bool { return g.Target.Facts.HasDir(dir) && !g.isGone(dir) }

func (g *Ground) baseHasFile(p string) bool {
	return (g.Target.Facts.HasFile(p) || g.isPackaged(p)) && !g.isGone(p)
}

// isPackaged reports whether a system package is known to have the file, which
// the base's and the packages' links may lead to.
func (g *Ground) isPackaged(p string) bool {
	if len(g.packed) == 0 {
		return false
	}
	at, ok := g.Target.Facts.Resolve(p)
	return ok && g.packed[at]
}

// Planned is what a maker has planned.
type Planned struct {
	Layers []Layer
	// Dirs are the directories that the layers own, relative to the root:
	// those above don't write them again.
	Dirs []string
	// Made are others among their directories that makers above ask about.
	Made []string
	// Members are, for each of the layers of system packages, the places of its
	// packages in their set.
	Members [][]int
	// Files are those among their files, absolute and without links, that the
	// image needs to work.
	Files []string
	// Facts are the base's with what the layers change about it; nil where they
	// change nothing that facts tell.
	Facts *base.Facts
	// Packaged are the files of system packages, absolute and without links.
	Packaged []string
	// Gone are paths of the base, absolute and without links, that the layers
	// hide, with all that is in them.
	Gone []string
}

// Maker plans the layers of one kind of content on the ground that it is given.
type Maker interface {
	Plan(ctx context.Context, on *Ground) (Planned, error)
}

// Plan runs the makers in order, each on what the ones before have left, and
// returns the ground that they leave together. Credentials in code, which one of
// them reports with [app.ErrCredential], don't keep the others from reporting
// theirs.
func Plan(ctx context.Context, on *Ground, makers ...Maker) ([]Layer, *Ground, error) {
	var list []Layer
	var found error
	for _, m := range makers {
		planned, err := m.Plan(ctx, on)
		if errors.Is(err, app.ErrCredential) {
			found = errors.Join(found, err)
			continue
		}
		if err != nil {
			return nil, nil, errors.Join(found, err)
		}
		list = append(list, planned.Layers...)
		on = on.with(planned)
	}
	return list, on, found
}

// fileOnTheWay returns the path, or the part of it, that the base has as a
// file, "" where none is known.
func (g *Ground) fileOnTheWay(dir string) string {
	for at := path.Clean("/" + dir); at != "/"; at = path.Dir(at) {
		if g.baseHasFile(at) {
			return at
		}
	}
	return ""
}

// existingParents lists which of the entries' directories exist already: a
// layer's bytes depend on that.
func (g *Ground) existingParents(entries []layers.Entry) []string {
	var list []string
	seen := map[string]bool{}
	for _, e := range entries {
		dir := e.Path
		if !e.Mode.IsDir() {
			dir = path.Dir(dir)
		}
		for ; dir != "." && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			if g.HasDir(dir) {
				list = append(list, dir)
			}
		}
	}
	slices.Sort(list)
	return list
}

// relative is an image path as layers have it, "" for the root.
func relative(p string) string { return strings.TrimPrefix(path.Clean("/"+p), "/") }
