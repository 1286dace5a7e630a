package supply

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/pipconf"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// sources are the places where wheels are looked for.
type sources struct {
	links   []string // asked first: paths, absolute, and URLs
	indexes []string // in this order
	// found are the sources among them that neither config, flags nor files name.
	found []*pipconf.Places
	// said says that somebody has named places, or has forbidden indexes, so that
	// the base's own don't count.
	said bool
}

// reachable reports whether there is a place to ask.
func (s sources) reachable(offline bool) bool {
	if !offline {
		return len(s.links)+len(s.indexes) > 0
	}
	return slices.ContainsFunc(s.links, func(link string) bool {
		_, file := index.LocalPath(link)
		return file || !strings.Contains(link, "://")
	})
}

// places is where wheels are looked for: the names of places, and clients for
// them.
type places struct{ settings }

// collect puts together the places that config, flags and requirements files
// name; at tells where a path that a file names lies. The config's index, or
// the flag's, comes first and takes the place of a file's --index-url; files
// add to it with --extra-index-url and --find-links, and --no-index holds
// wherever it stands. Without an index of config or flags, those that pip or uv
// are set up with take its place: what comes on top first, the main one after a
// file's --extra-index-url, a file's --index-url last. What isn't followed is
// noted.
func (p places) collect(stage report.Stage, at func(path string) string, files ...requirements.Sources) (sources, error) {
	var s sources
	var main requirements.Setting
	for _, l := range p.cfg.FindLinks {
		s.links = addNew(s.links, l.Target)
	}
	noIndex, given := p.noIndex(), len(p.cfg.Index) > 0
	found, err := p.discover()
	if err != nil {
		return s, err
	}
	if found != nil {
		s.found = []*pipconf.Places{found}
		for _, l := range found.Links {
			s.links = addNew(s.links, l)
		}
		for _, u := range found.Extra {
			s.indexes = addNew(s.indexes, u)
		}
		noIndex = cmp.Or(noIndex, found.NoIndex)
	}
	if !given {
		// As with uv, what comes on top is asked first: it is the company's index
		// as a rule, whose names nobody must be able to take elsewhere.
		for _, f := range files {
			s.indexes = addSettings(s.indexes, f.ExtraIndexURLs)
		}
	}
	for _, f := range files {
		for _, l := range f.FindLinks {
			s.links = addNew(s.links, linkTarget(l, at))
		}
		if noIndex == "" && !f.NoIndex.IsZero() {
			noIndex = "--no-index at " + where(f.NoIndex)
		}
		if u := f.IndexURL; !u.IsZero() {
			if !main.IsZero() && trimmed(main.Value) != trimmed(u.Value) {
				return s, &requirements.Problem{File: u.File, Line: u.Line, Kind: requirements.KindIgnored, Msg: "a second index; " + where(main) + " names another"}
			}
			main = u
		}
	}
	switch {
	case given:
		s.indexes = append(slices.Clone(p.cfg.Index), s.indexes...)
		if !main.IsZero() && noIndex == "" && !slices.ContainsFunc(p.cfg.Index, func(u string) bool { return trimmed(u) == trimmed(main.Value) }) {
			p.opt.Report.Note(stage, fmt.Sprintf("%s: the index %s isn't used: the config or a flag names another", where(main), server(main.Value)))
		}
		for _, f := range files {
			s.indexes = addSettings(s.indexes, f.ExtraIndexURLs)
		}
	default:
		if found != nil && found.Index != "" {
			s.indexes = addNew(s.indexes, found.Index)
		}
		if !main.IsZero() {
			s.indexes = addNew(s.indexes, main.Value)
		}
	}
	s.said = noIndex != "" || len(s.indexes) > 0 || len(p.cfg.FindLinks) > 0 ||
		slices.ContainsFunc(files, func(f requirements.Sources) bool { return len(f.FindLinks) > 0 })
	if noIndex != "" {
		if len(s.indexes) > 0 {
			p.opt.Report.Note(stage, fmt.Sprintf("no index is used: %s", noIndex))
		}
		s.indexes = nil
	}
	return s, nil
}

// noIndex says what forbids indexes whatever files name, "" for nothing.
func (p places) noIndex() string {
	switch {
	case p.opt.NoIndex:
		return "--no-index"
	case p.cfg.Index != nil && len(p.cfg.Index) == 0:
		return "the config's list of indexes is empty"
	}
	return ""
}

// noteOptions tells of options of a requirements file that aren't followed.
func (p settings) noteOptions(stage report.Stage, notes []*requirements.Problem) {
	for _, n := range notes {
		p.opt.Report.Note(stage, n.Error())
	}
}

// noteUnasked tells of the places that a requirements file names where wheels
// are chosen from directories on this machine alone.
func (p places) noteUnasked(s requirements.Sources) {
	named := slices.Clone(s.ExtraIndexURLs)
	if !s.IndexURL.IsZero() {
		named = append(named, s.IndexURL)
	}
	for _, l := range s.FindLinks {
		target := linkTarget(l, func(path string) string { return beside(p.cfg.Lock, path) })
		if len(localDirs([]string{target})) == 0 {
			named = append(named, l)
		}
	}
	if len(named) == 0 || !s.NoIndex.IsZero() && len(s.FindLinks) == 0 {
		return
	}
	lines := make([]string, len(named))
	for i, n := range named {
		lines[i] = where(n)
	}
	slices.Sort(lines)
	p.opt.Report.Note(report.StageWheels, fmt.Sprintf("versions are chosen from directories on this machine, not from the sources named at %s (assemble lock uses those)", report.List(slices.Compact(lines))))
}

// linkTarget is what a --find-links names: a URL, or a path counted from the
// directory of its file. As with pip, it counts from the current directory where
// only that has it.
func linkTarget(l requirements.Setting, at func(string) string) string {
	if strings.Contains(l.Value, "://") || strings.HasPrefix(strings.ToLower(l.Value), "file:") || filepath.IsAbs(l.Value) {
		return l.Value
	}
	path := at(filepath.Join(filepath.Dir(l.File), l.Value))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if here, err := filepath.Abs(l.Value); err == nil {
		if _, err := os.Stat(here); err == nil {
			return here
		}
	}
	return path
}

// beside returns where a path lies that counts like lock's own name: messages
// call the lock as the user does, who may be in another directory.
func beside(lock config.Path, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	rel, err := filepath.Rel(filepath.Dir(lock.String()), path)
	if err != nil {
		return path
	}
	return filepath.Join(filepath.Dir(lock.Abs), rel)
}

func addSettings(list []string, settings []requirements.Setting) []string {
	for _, s := range settings {
		list = addNew(list, s.Value)
	}
	return list
}

// addNew adds a URL or path that isn't in the list yet.
func addNew(list []string, s string) []string {
	if slices.ContainsFunc(list, func(old string) bool { return trimmed(old) == trimmed(s) }) {
		return list
	}
	return append(list, s)
}

func trimmed(url string) string { return strings.TrimRight(url, "/") }

func where(s requirements.Setting) string { return fmt.Sprintf("%s:%d", s.File, s.Line) }

// server is what may be shown of a URL: paths and queries may hold a token, as
// user names and passwords do.
func server(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "there"
	}
	return u.Scheme + "://" + u.Host
}

func (s settings) places() places { return places{s} }
