package adopt

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/stage"
)

// dirs takes over the directories that are made, but for those that come with
// something else.
func (b *builder) dirs(s *stage.State) {
	for _, v := range s.Volumes {
		b.draft.Add("volumes", draft.Item{Text: v.Value, From: v.Step.Place})
		if !draft.Knows("volumes") {
			v.Step.Field = "dirs"
		}
		s.Dirs = append(s.Dirs, stage.Dir{Path: v.Value, Step: v.Step})
	}
	for _, d := range s.Dirs {
		if d.Step.Status == draft.Left {
			continue
		}
		if why := b.comesWith(d, s); why != "" {
			if d.Step.Field == "dirs" && !b.hasDirOf(d.Step) {
				d.Step.Status, d.Step.Note = draft.Unneeded, why
			}
			continue
		}
		b.draft.Add("dirs", draft.Item{Text: d.Path, From: d.Step.Place})
		if d.Step.Field == "dirs" || d.Step.Status == draft.Unneeded {
			d.Step.Status, d.Step.Field, d.Step.Note = draft.Carried, "dirs", ""
		}
	}
}

func (b *builder) hasDirOf(step *draft.Step) bool {
	return slices.ContainsFunc(b.draft.Fields["dirs"], func(i draft.Item) bool { return i.From == step.Place })
}

// comesWith says what brings a directory anyway, "" if nothing does.
func (b *builder) comesWith(d stage.Dir, s *stage.State) string {
	switch {
	case d.Path == s.Workdir.Value:
		return "it comes with workdir"
	case slices.ContainsFunc(s.Accounts, func(a stage.Account) bool { return a.Home == d.Path && isUser(s, a.Name) }):
		return "it comes with the user"
	}
	for _, e := range b.entries {
		if _, ok := within(d.Path, path.Dir(e.to)); ok || e.dir && e.to == d.Path {
			return "it comes with app"
		}
	}
	for _, o := range s.Dirs {
		if _, ok := within(d.Path, o.Path); ok && o.Path != d.Path {
			return "it comes with " + o.Path
		}
	}
	return ""
}

// isUser reports whether a name or a number is the user that the image runs as.
func isUser(s *stage.State, name string) bool {
	user, _, _ := strings.Cut(s.User.Value, ":")
	if a := findAccount(s, user); a != nil {
		return name == a.Name || name == a.UID
	}
	return name == user || user == "" && (name == "root" || name == "0")
}

// owners judges each chown: dirs and the workdir are the user's, app's files are
// root's.
func (b *builder) owners(s *stage.State) {
	for _, o := range s.Owners {
		if o.Step.Status == draft.Left {
			continue
		}
		user, _, _ := strings.Cut(o.User, ":")
		switch made, files := b.under(o.Path, s); {
		case user == "root" || user == "0":
			o.Step.Status, o.Step.Note = draft.Unneeded, "what isn't the user's is root's"
		case !isUser(s, user) && user != "":
			o.Step.Status, o.Step.Note = draft.Left, "what is made in the image belongs to the user that it runs as; let "+user+" be that, or let it write elsewhere"
		case made && !files:
			o.Step.Status, o.Step.Field = draft.Carried, "dirs"
		case files:
			o.Step.Status, o.Step.Note = draft.Unneeded, "app belongs to root, and the user reads it; list under dirs: where the user writes"
		case strings.HasPrefix(o.Path, "/tmp"):
			o.Step.Status, o.Step.Note = draft.Unneeded, "anybody writes there"
		default:
			o.Step.Status, o.Step.Note = draft.Left, "list the directory under dirs:, which makes it the user's"
		}
	}
	for _, e := range b.entries {
		user, _, _ := strings.Cut(e.copy.Chown, ":")
		if user != "" && !isUser(s, user) && e.copy.Step.Status == draft.Carried {
			e.copy.Step.Note = "belongs to root"
		}
	}
}

// under reports what of directories that are made, and of files of the app, is
// at a path or below it.
func (b *builder) under(p string, s *stage.State) (made, files bool) {
	p = strings.TrimSuffix(p, "/*")
	for _, i := range b.draft.Fields["dirs"] {
		_, below := within(p, i.Text)
		_, above := within(i.Text, p)
		made = made || below || above
	}
	for _, e := range b.entries {
		_, below := within(p, e.to)
		_, above := within(e.to, p)
		files = files || below || above
	}
	if _, ok := within(p, s.Workdir.Value); ok && s.Workdir.Value != "" {
		made = true
	}
	for _, a := range s.Accounts {
		if _, ok := within(a.Home, p); ok && isUser(s, a.Name) {
			made = true
		}
	}
	return made, files
}

// modes judges each chmod: files keep here who may execute them.
func (b *builder) modes(s *stage.State) {
	for _, m := range s.Modes {
		if m.Step.Status == draft.Left {
			continue
		}
		from, ok := b.traced(m.Path)
		made, files := b.under(m.Path, s)
		executable := strings.Contains(m.Mode, "x") || isExecutable(m.Mode)
		switch fi, err := fs.Stat(b.dir, from); {
		case !ok && (made || files):
			m.Step.Status, m.Step.Note = draft.Unneeded, "modes become 0644, or 0755 for directories and what is executable here"
		case !ok:
			m.Step.Status, m.Step.Note = draft.Left, "modes become 0644, or 0755 for directories and what is executable; nothing under app: is at "+draft.Line(m.Path)
		case err == nil && fi.Mode().IsRegular() && executable && fi.Mode()&0o111 == 0:
			m.Step.Status, m.Step.Note = draft.Left, "make it executable here, as app keeps that: chmod +x "+from+" (in git: git update-index --chmod=+x "+from+")"
		case executable:
			m.Step.Status, m.Step.Field = draft.Carried, "app"
			if err != nil {
				m.Step.Note = "executable here"
			}
		default:
			m.Step.Status, m.Step.Note = draft.Unneeded, "modes become 0644, or 0755 for directories and what is executable"
		}
	}
}

func isExecutable(mode string) bool {
	n, err := strconv.ParseUint(mode, 8, 16)
	return err == nil && n&0o111 != 0
}

// traced returns the file here that an entry puts at a path.
func (b *builder) traced(p string) (from string, ok bool) {
	for i := len(b.entries) - 1; i >= 0; i-- {
		e := b.entries[i]
		if rel, ok := within(e.to, strings.TrimSuffix(p, "/*")); ok && (e.dir || rel == ".") {
			return path.Join(e.from, rel), true
		}
	}
	return "", false
}
