package pipeline

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/layers"
)

// ownLayerCount is how many layers the config adds beside the wheels'.
func (p *Pipeline) ownLayerCount() int {
	n := len(p.cfg.App)
	if !p.cfg.User.IsZero() || len(p.cfg.Dirs) > 0 {
		n++
	}
	return n
}

// ownLayers plans the layers that hold no wheels: the accounts with the
// directories, then one for each app entry, in the config's order.
func (p *Pipeline) ownLayers(ctx context.Context, t *target) ([]Layer, error) {
	var list []Layer
	made := map[string]bool{} // directories of the layers before
	if !p.cfg.User.IsZero() || len(p.cfg.Dirs) > 0 {
		l, err := p.accountsLayer(t)
		if err != nil {
			return nil, err
		}
		entries, err := l.spec.Entries()
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			addParents(made, e.Path)
			made[e.Path] = e.Mode.IsDir()
		}
		list = append(list, l)
	}
	for _, a := range p.cfg.App {
		l, err := p.appEntry(ctx, t, a, made)
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

func addParents(made map[string]bool, name string) {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		made[dir] = true
	}
}

// relative is an image path as layers have it, "" for the root.
func relative(p string) string { return strings.TrimPrefix(path.Clean("/"+p), "/") }

// existingParents lists which of the entries' directories exist already: a
// layer's bytes depend on that.
func existingParents(entries []layers.Entry, exists func(string) bool) []string {
	var list []string
	seen := map[string]bool{}
	for _, e := range entries {
		dir := e.Path
		if !e.Mode.IsDir() {
			dir = path.Dir(dir)
		}
		for ; dir != "." && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			if exists(dir) {
				list = append(list, dir)
			}
		}
	}
	slices.Sort(list)
	return list
}
