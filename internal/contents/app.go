package contents

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/layers"
)

// App makes the layer of one entry of the config's app: files of this machine
// and where they go.
type App struct {
	// From is the path on this machine, To the one in the image.
	From, To string
	// Find, if set, brings what the entry is made of, and returns From.
	Find func(context.Context) (from string, err error)
	// Replace are paths of the image that the entry may take the place of,
	// though the base needs what is there.
	Replace []string
	// Options say how From is read.
	Options app.Options
	// Workdir is the image's, absolute: whether the entry brings it is told to
	// [Workdir].
	Workdir string
	// ModTime is the time of everything in the layer.
	ModTime time.Time
	// Opened is handed the tree that was read, which stays open for packing:
	// whoever gets it closes it.
	Opened func(*app.Tree)
	// Note is told what the user should know; nil is silent.
	Note func(string)
}

// Plan implements [Maker]. Directories that are there are not written again,
// so that they keep their owner.
func (a App) Plan(ctx context.Context, on *Ground) (Planned, error) {
	survey := appSurvey{on: on, to: a.To, workdir: relative(a.Workdir), replacing: replacing{on: on, allow: a.Replace}}
	opt := a.Options
	opt.Each = survey.see
	from := a.From
	if a.Find != nil {
		var err error
		if from, err = a.Find(ctx); err != nil {
			return Planned{}, err
		}
	}
	tree, err := app.Walk(ctx, from, a.To, opt)
	if err != nil {
		return Planned{}, err
	}
	if a.Opened != nil {
		a.Opened(tree)
	}
	if err := survey.clash(); err != nil {
		return Planned{}, fmt.Errorf("app %q: %w", a.Options.Name, err)
	}
	a.tell(tree, &survey.replacing)
	spec := layers.Spec{Exists: on.HasDir, Size: tree.Size, Stream: func() iter.Seq2[layers.Entry, error] { return newEntries(tree, on) }}
	key := append([]string{"app", fmt.Sprint(a.ModTime.Unix()), hex.EncodeToString(tree.Digest[:])}, survey.parents()...)
	planned := Planned{Layers: []Layer{Layer{Kind: KindApp}.with(spec, a.Options.Name+" → "+a.To, key)}}
	if survey.hasWorkdir {
		planned.Made = []string{survey.workdir}
	}
	return planned, nil
}

// tell notes what was left out of the tree, what looks unsafe in it, and what it
// takes the place of.
func (a App) tell(tree *app.Tree, r *replacing) {
	if a.Note == nil {
		return
	}
	for _, n := range tree.Notes {
		a.Note(n.String())
	}
	if tree.MoreNotes > 0 {
		a.Note(fmt.Sprintf("%d more files of %q are like these", tree.MoreNotes, a.Options.Name))
	}
	if len(tree.Own) > 0 {
		own, more := tree.Own, 0
		if len(own) > maxReplaced {
			own, more = own[:maxReplaced], len(own)-maxReplaced
		}
		a.Note(fmt.Sprintf("left out of app %q what assemble itself reads or writes: %s", a.Options.Name, quoted(own, more)))
	}
	if text := r.text(a.Options.Name); text != "" {
		a.Note(text)
	}
}

// newEntries are a tree's entries but for directories that are there.
func newEntries(tree *app.Tree, on *Ground) iter.Seq2[layers.Entry, error] {
	return func(yield func(layers.Entry, error) bool) {
		for e, err := range tree.Stream() {
			if err == nil && e.Mode.IsDir() && on.HasDir(e.Path) {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// appSurvey is what must be known of an app's entries beside their digest. It
// sees each of them once: there may be very many.
type appSurvey struct {
	on *Ground
	to string

	existing []string // directories that are there
	fault    error    // the first entry that can't be in the image
	dir      string   // where the last entry lay
	inBase   bool     // whether the base has that directory

	workdir    string // relative, "" for none
	hasWorkdir bool   // whether it is among the directories or around an entry

	replacing replacing
}

// see finds a file that would take the place of one of the base's directories
// with all that is in it, and a directory in the place of a file that the base
// is known to have.
func (s *appSurvey) see(e *layers.Entry) {
	if e.Mode.IsDir() && s.on.HasDir(e.Path) {
		s.existing = append(s.existing, e.Path)
	}
	at := "/" + e.Path
	if s.workdir != "" && !s.hasWorkdir {
		s.hasWorkdir = e.Mode.IsDir() && e.Path == s.workdir || strings.HasPrefix(e.Path, s.workdir+"/")
	}
	if dir := path.Dir(at); dir != s.dir {
		s.dir, s.inBase = dir, s.on.baseHasDir(dir)
	}
	if !e.Mode.IsDir() {
		s.replacing.see(s.dir, path.Base(at))
	}
	if s.fault != nil {
		return
	}
	switch {
	case e.Mode.IsDir():
		if s.inBase && s.on.baseHasFile(at) { // what the base lacks holds no files of it
			s.fault = fmt.Errorf("%q can't be created: it is a file in the base", at)
		}
	case s.inBase && s.on.baseHasDir(at):
		s.fault = fmt.Errorf("%q is a directory in the base, which the file would replace", at)
	case at == path.Clean(s.to) && strings.HasSuffix(s.to, "/"):
		s.fault = fmt.Errorf("%q ends with a slash, but a file needs a path including its name", s.to)
	}
}

// clash reports what can't be in the image.
func (s *appSurvey) clash() error {
	if s.fault != nil {
		return s.fault
	}
	if file := s.on.fileOnTheWay(path.Dir(s.to)); file != "" {
		return fmt.Errorf("%q can't be created: %q is a file in the base", s.to, file)
	}
	return s.replacing.err()
}

// parents lists which of the directories are there that the entries are or lie
// in: the layer's bytes depend on that.
func (s *appSurvey) parents() []string {
	list := slices.Clone(s.existing)
	for dir := path.Dir(relative(s.to)); dir != "."; dir = path.Dir(dir) {
		if s.on.HasDir(dir) {
			list = append(list, dir)
		}
	}
	slices.Sort(list)
	return list
}
