package supply

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/pipconf"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// discover returns where pip or uv would look on this machine, nil where that
// isn't asked for or where config or flags name an index, or say that there is
// none.
func (p places) discover() (*pipconf.Places, error) {
	if p.opt.Discover == nil || p.cfg.Index != nil {
		return nil, nil //nolint:nilnil // off is a valid answer
	}
	return pipconf.Discover(*p.opt.Discover)
}

// fromBase adds where the base's own pip would look, where nothing else says it:
// never beside an index that somebody has set up, or a place that config, flags
// or files name. What the base says and can't be used is noted.
func (p places) fromBase(stage report.Stage, s sources, t *target.Target) sources {
	if t == nil || p.opt.Discover == nil || p.cfg.Index != nil || s.said {
		return s
	}
	found, err := ofBase(t)
	switch {
	case err != nil:
		p.opt.Report.Note(stage, fmt.Sprintf("where the base's pip looks for wheels isn't used: %v", err))
		return s
	case found == nil || found.NoIndex != "":
		return s
	}
	for _, l := range found.Links {
		s.links = addNew(s.links, l)
	}
	for _, u := range append(slices.Clone(found.Extra), found.Index) {
		if u != "" {
			s.indexes = addNew(s.indexes, u)
		}
	}
	s.found = append(s.found, found)
	return s
}

// ofBase reads what the base says to its own pip.
func ofBase(t *target.Target) (*pipconf.Places, error) {
	cf, err := t.Image.Image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the base's configuration: %w", err)
	}
	b := pipconf.Base{Env: cf.Config.Env, Models: t.Facts.Pip.Models}
	for _, f := range t.Facts.Pip.Configs {
		b.Files = append(b.Files, pipconf.File(f))
	}
	return pipconf.OfBase(b)
}

// lockSources are the places that a lock is made from. What pip and uv are set up
// with takes the place of the wheelhouse, but for offline; the base's own index
// is asked only where there is no wheelhouse.
func (p *Supplier) lockSources(files []requirements.Sources, t *target.Target) (sources, error) {
	at := p.places()
	if p.opt.Offline && p.hasWheelhouse() {
		at.opt.Discover = nil
	}
	src, err := at.collect(report.StageLock, sameName, files...)
	if err != nil {
		return src, err
	}
	if !p.hasWheelhouse() {
		src = at.fromBase(report.StageLock, src, t)
	}
	at.noteFound(report.StageLock, src)
	if len(src.indexes) == 0 && src.onlyFound() && p.hasWheelhouse() {
		// Places that somebody's machine is set up with come on top of the
		// wheelhouse, as they do in a build.
		src.links = append([]string{p.cfg.Wheelhouse.Abs}, src.links...)
	}
	return src, nil
}

// onlyFound reports whether there are links, and neither config, flags nor files
// name one of them.
func (s sources) onlyFound() bool {
	return len(s.links) > 0 && !slices.ContainsFunc(s.links, func(link string) bool {
		return !slices.ContainsFunc(s.found, func(f *pipconf.Places) bool { return slices.Contains(f.Links, link) })
	})
}

// noteFound says which places were found elsewhere than in config, flags and
// files, and why they are asked.
func (p places) noteFound(stage report.Stage, s sources) {
	for _, f := range s.found {
		var where []string
		for _, u := range slices.Concat(f.Links, f.Extra, []string{f.Index}) {
			if u == "" {
				continue
			}
			if name := placeName(u); !slices.Contains(where, name) {
				where = append(where, name)
			}
		}
		if len(where) > 0 && !f.Indexes() {
			p.opt.Report.Note(stage, fmt.Sprintf("wheels are also looked for at %s (%s)", report.List(where), strings.Join(f.From, ", ")))
			continue
		}
		text := "wheels are looked for at " + report.List(where)
		switch {
		case f.NoIndex != "" && len(where) > 0:
			text = "no package index is asked, only " + report.List(where)
		case f.NoIndex != "":
			text = "no package index is asked"
		case len(where) == 0: // none of them is there
			text = "no place to look for wheels is left"
		}
		text += fmt.Sprintf(" (%s), since neither config nor flags name an index", strings.Join(f.From, ", "))
		if len(f.Unused) > 0 {
			text += "; not used: " + strings.Join(f.Unused, ", ")
		}
		p.opt.Report.Note(stage, text)
	}
}

// placeName is what messages call a place: a path, or what may be shown of a URL.
func placeName(place string) string {
	if strings.Contains(place, "://") {
		return server(place)
	}
	return fmt.Sprintf("%q", place)
}

// hasWheelhouse reports whether there is one to choose from.
func (s settings) hasWheelhouse() bool {
	_, err := os.Stat(s.cfg.Wheelhouse.Abs)
	return !errors.Is(err, os.ErrNotExist)
}
