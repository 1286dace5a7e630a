package pipeline

import (
	"context"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/app"
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
		tree, err := app.Walk(ctx, a.From.Abs, a.To, p.appOptions(a.From.String()))
		if err != nil {
			return nil, err
		}
		p.closers = append(p.closers, tree)
		for _, n := range tree.Notes {
			p.report.note(StageLayers, n.String())
		}
		list = append(list, p.appLayer(t, tree, a.From.String(), a.To, made))
	}
	return list, nil
}

// appOptions are those of the app entry that the config calls name. What lies
// outside of the config's directory can't be named by it.
func (p *Pipeline) appOptions(name string) app.Options {
	opt := app.Options{Name: name, Dir: p.cfg.Dir, Jobs: p.opt.Jobs}
	if !p.opt.AppAnywhere {
		opt.Within = p.cfg.Dir
	}
	if p.opt.Cache != nil {
		opt.Store = p.opt.Cache
	}
	return opt
}

func addParents(made map[string]bool, name string) {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		made[dir] = true
	}
}

// relative is an image path as layers have it, "" for the root.
func relative(p string) string { return strings.TrimPrefix(path.Clean("/"+p), "/") }

// appLayer is the layer of one app entry. Directories that the base or an
// earlier layer has are not written again, so that they keep their owner.
func (p *Pipeline) appLayer(t *target, tree *app.Tree, from, to string, made map[string]bool) Layer {
	exists := func(dir string) bool { return made[dir] || t.facts.HasDir(dir) }
	var entries []layers.Entry
	for _, e := range tree.Entries {
		if !e.Mode.IsDir() || !exists(e.Path) {
			entries = append(entries, e)
		}
	}
	spec := layers.Spec{Exists: exists, Size: packedSize(entries), Entries: func() ([]layers.Entry, error) { return entries, nil }}
	key := append([]string{"app", fmt.Sprint(p.layerTime().Unix()), hex.EncodeToString(tree.Digest[:])},
		existingParents(tree.Entries, exists)...)
	return Layer{Kind: KindApp}.with(spec, from+" → "+to, key)
}

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
