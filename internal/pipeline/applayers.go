package pipeline

import (
	"context"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
)

// appEntry reads one app entry and plans its layer; made are the directories
// of the layers before.
func (p *Pipeline) appEntry(ctx context.Context, t *target, a config.App, made map[string]bool) (Layer, error) {
	tree, err := app.Walk(ctx, a.From.Abs, a.To, p.appOptions(a.From.String()))
	if err != nil {
		return Layer{}, err
	}
	p.closers = append(p.closers, tree)
	for _, n := range tree.Notes {
		p.report.Note(report.StageLayers, n.String())
	}
	if err := clash(t.facts, tree.Entries, a.To); err != nil {
		return Layer{}, fmt.Errorf("app %q: %w", a.From.String(), err)
	}
	return p.appLayer(t, tree, a.From.String(), a.To, made), nil
}

// clash finds a file of the entries that would take the place of one of the
// base's directories with all that is in it, and a directory in the place of
// a file that the base is known to have.
func clash(facts *base.Facts, entries []layers.Entry, to string) error {
	for _, e := range entries {
		at, dir := "/"+e.Path, path.Dir("/"+e.Path)
		switch {
		case e.Mode.IsDir():
			if facts.HasDir(dir) && facts.HasFile(at) { // what the base lacks holds no files of it
				return fmt.Errorf("%q can't be made: it is a file in the base", at)
			}
		case facts.HasDir(at):
			return fmt.Errorf("%q is a directory in the base, and the file would take its place", at)
		case at == path.Clean(to) && strings.HasSuffix(to, "/"):
			return fmt.Errorf("%q ends with a slash, but a file needs a path of its own", to)
		}
	}
	if file := fileOnTheWay(facts, path.Dir(to)); file != "" {
		return fmt.Errorf("%q can't be made: %q is a file in the base", to, file)
	}
	return nil
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
