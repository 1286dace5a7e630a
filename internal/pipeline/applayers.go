package pipeline

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"path"
	"slices"
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
	exists := func(dir string) bool { return made[dir] || t.facts.HasDir(dir) }
	look := appLook{facts: t.facts, exists: exists, to: a.To}
	opt := p.appOptions(a.From.String())
	opt.Each = look.see
	tree, err := app.Walk(ctx, a.From.Abs, a.To, opt)
	if err != nil {
		return Layer{}, err
	}
	p.closers = append(p.closers, tree)
	for _, n := range tree.Notes {
		p.report.Note(report.StageLayers, n.String())
	}
	if err := look.clash(); err != nil {
		return Layer{}, fmt.Errorf("app %q: %w", a.From.String(), err)
	}
	return p.appLayer(tree, a.From.String(), a.To, &look), nil
}

// appLook is what must be known of an app's entries beside their digest. It
// sees each of them once: there may be very many.
type appLook struct {
	facts  *base.Facts
	exists func(dir string) bool // in the image, below the app's layer
	to     string

	existing []string // directories that the image has
	fault    error    // the first entry that can't be in the image
	dir      string   // where the last entry lay
	inBase   bool     // whether the base has that directory
}

// see finds a file that would take the place of one of the base's directories
// with all that is in it, and a directory in the place of a file that the base
// is known to have.
func (l *appLook) see(e *layers.Entry) {
	if e.Mode.IsDir() && l.exists(e.Path) {
		l.existing = append(l.existing, e.Path)
	}
	at := "/" + e.Path
	dir := path.Dir(at)
	if dir != l.dir {
		l.dir, l.inBase = dir, l.facts.HasDir(dir)
	}
	if l.fault != nil {
		return
	}
	switch {
	case e.Mode.IsDir():
		if l.inBase && l.facts.HasFile(at) { // what the base lacks holds no files of it
			l.fault = fmt.Errorf("%q can't be created: it is a file in the base", at)
		}
	case l.inBase && l.facts.HasDir(at):
		l.fault = fmt.Errorf("%q is a directory in the base, which the file would replace", at)
	case at == path.Clean(l.to) && strings.HasSuffix(l.to, "/"):
		l.fault = fmt.Errorf("%q ends with a slash, but a file needs a path including its name", l.to)
	}
}

// clash tells what can't be in the image.
func (l *appLook) clash() error {
	if l.fault != nil {
		return l.fault
	}
	if file := fileOnTheWay(l.facts, path.Dir(l.to)); file != "" {
		return fmt.Errorf("%q can't be created: %q is a file in the base", l.to, file)
	}
	return nil
}

// parents lists which of the directories exist that the entries are or lie in:
// the layer's bytes depend on that.
func (l *appLook) parents() []string {
	list := slices.Clone(l.existing)
	for dir := path.Dir(relative(l.to)); dir != "."; dir = path.Dir(dir) {
		if l.exists(dir) {
			list = append(list, dir)
		}
	}
	slices.Sort(list)
	return list
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
func (p *Pipeline) appLayer(tree *app.Tree, from, to string, look *appLook) Layer {
	spec := layers.Spec{Exists: look.exists, Size: tree.Size, Stream: func() iter.Seq2[layers.Entry, error] {
		return func(yield func(layers.Entry, error) bool) {
			for e, err := range tree.Stream() {
				if err == nil && e.Mode.IsDir() && look.exists(e.Path) {
					continue
				}
				if !yield(e, err) {
					return
				}
			}
		}
	}}
	key := append([]string{"app", fmt.Sprint(p.layerTime().Unix()), hex.EncodeToString(tree.Digest[:])}, look.parents()...)
	return Layer{Kind: KindApp}.with(spec, from+" → "+to, key)
}
