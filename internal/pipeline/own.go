package pipeline

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/internal/base"
)

// ownPaths are the files and directories here that a run reads or writes itself,
// beside the app: config, lock, wheels, keys, bases, cache, outputs, temporary
// files. Where an app entry holds them, they don't go into the image.
func (p *Pipeline) ownPaths() []string {
	c := p.cfg
	list := []string{p.opt.Cache.Dir(), os.TempDir()}
	list = append(list, p.opt.Own...)
	if c.File != "" {
		list = append(list, absolute(c.File))
	}
	list = append(list, c.Lock.Abs, c.Wheelhouse.Abs, c.Sign.Key.Abs, c.Smoke.EnvFile.Abs)
	if !c.Packages.IsZero() {
		list = append(list, c.Packages.Lock.Abs, c.Packages.Dir.Abs, c.Packages.Keyring.Abs)
		for _, dir := range c.PackageDirs() {
			list = append(list, dir.Abs)
		}
	}
	for _, key := range c.LayerCacheKeys {
		list = append(list, key.Abs)
	}
	for _, l := range c.FindLinks {
		if !strings.Contains(l.Given, "://") {
			list = append(list, l.Target)
		}
	}
	for _, g := range c.Wheels {
		found, err := filepath.Glob(g.Pattern)
		if err == nil { // a bad pattern is told of where wheels are looked for
			list = append(list, found...)
		}
	}
	for _, ref := range c.Base {
		if _, path, _, ok := base.Local(ref, c.Dir); ok {
			list = append(list, path)
		}
	}
	for _, o := range p.outputs {
		if !o.Streams() {
			list = append(list, absolute(o.Path))
		}
	}
	return list
}
