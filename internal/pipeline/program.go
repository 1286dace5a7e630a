package pipeline

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/manifest"
)

// checkProgram warns of a program that the config lets the image start and that
// isn't on its PATH: neither in the base nor among the wheels' commands nor in
// the app.
func (p *Pipeline) checkProgram(t *target.Target, set *supply.Set, cfg manifest.Config) error {
	of, err := t.Image.Image.ConfigFile()
	if err != nil {
		return fmt.Errorf("reading the configuration of %q: %w", t.Image.Ref, err)
	}
	if of, err = cfg.Over(of); err != nil {
		return err
	}
	command, what := of.Config.Entrypoint, "entrypoint"
	if len(command) == 0 {
		command, what = of.Config.Cmd, "cmd"
	}
	if p.cfg.Init {
		command = p.withoutInit(command)
		if len(command) == 2 { // the cmd is what it starts
			command, what = of.Config.Cmd, "cmd"
		}
	}
	given := len(cfg.Entrypoint) > 0 || what == "cmd" && len(cfg.Cmd) > 0
	if !given || len(command) == 0 || strings.Contains(command[0], "/") {
		return nil
	}
	var dirs []string
	for _, kv := range of.Config.Env {
		if list, ok := strings.CutPrefix(kv, "PATH="); ok {
			dirs = base.SearchPath(list)
		}
	}
	if dirs == nil {
		dirs = base.SearchPath("")
	}
	for _, dir := range dirs {
		if p.mayHaveProgram(t, set, dir, command[0]) {
			return nil
		}
	}
	p.report.Note(report.StageWheels, fmt.Sprintf("%s: program %q isn't on the image's PATH (%s)", what, command[0], strings.Join(dirs, ":")))
	return nil
}

// mayHaveProgram reports whether a directory of the image has the program, or
// whether that can't be told.
func (p *Pipeline) mayHaveProgram(t *target.Target, set *supply.Set, dir, name string) bool {
	if has, known := t.Facts.HasProgram(dir, name); has || !known {
		return true
	}
	scripts, _ := t.Facts.Resolve("/" + t.Scheme.Scripts)
	if real, _ := t.Facts.Resolve(dir); real == scripts && (set.FactsUnknown || slices.Contains(set.Facts.Programs, name)) {
		return true
	}
	at := path.Join(dir, name)
	return slices.ContainsFunc(p.cfg.App, func(a config.App) bool {
		rest, ok := strings.CutPrefix(at, strings.TrimSuffix(path.Clean(a.To), "/"))
		if !ok || rest != "" && rest[0] != '/' {
			return false
		}
		if a.From.URL != "" || a.Unpack {
			return true // it isn't known yet
		}
		info, err := os.Stat(filepath.Join(a.From.Abs, filepath.FromSlash(rest)))
		return err == nil && !info.IsDir()
	})
}
