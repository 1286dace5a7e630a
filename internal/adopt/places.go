package adopt

import (
	"fmt"
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
		b.draft.Add("dirs", b.dirItem(d, s))
		if d.Step.Field == "dirs" || d.Step.Status == draft.Unneeded {
			d.Step.Status, d.Step.Field, d.Step.Note = draft.Carried, "dirs", ""
		}
	}
}

// dirItem is an entry of dirs, with a mode and an owner where these aren't the
// usual ones.
func (b *builder) dirItem(d stage.Dir, s *stage.State) draft.Item {
	mode, owner := modeText(d.Mode, ""), ""
	for _, m := range s.Modes {
		if _, ok := within(m.Path, d.Path); ok && (m.Recursive || m.Path == d.Path) {
			mode = modeText(m.Mode, mode)
		}
	}
	for _, o := range s.Owners {
		if _, ok := within(o.Path, d.Path); ok && (o.Recursive || o.Path == d.Path) {
			owner = b.owner(o.User, s)
		}
	}
	if user, _, _ := strings.Cut(owner, ":"); owner == "" || isUser(s, user) {
		owner = ""
	}
	item := draft.Item{Text: d.Path, From: d.Step.Place}
	if mode == "" && owner == "" || mode == "0755" && owner == "" {
		return item
	}
	item.Map = []draft.Pair{{Key: "path", Value: d.Path}}
	if mode != "" {
		item.Map = append(item.Map, draft.Pair{Key: "mode", Value: mode})
	}
	if owner != "" {
		item.Map = append(item.Map, draft.Pair{Key: "user", Value: owner})
	}
	return item
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

// ownerOf is whom an entry of app belongs to: by --chown, and by each chown after
// it. "" is root.
func (b *builder) ownerOf(e *entry, s *stage.State) string {
	owner := b.owner(e.copy.Chown, s)
	for _, o := range s.Owners {
		if o.Step.Place.Line <= e.copy.Step.Place.Line || o.Step.Status == draft.Left {
			continue
		}
		if _, ok := within(strings.TrimSuffix(o.Path, "/*"), e.to); ok && (o.Recursive || !e.dir) {
			owner = b.owner(o.User, s)
			o.Step.Status, o.Step.Field = draft.Carried, "app"
		}
	}
	return owner
}

// baseUsers are users that Debian's base-passwd has.
var baseUsers = []string{"daemon", "bin", "sys", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup", "list", "irc", "nobody"}

// owner is an owner as the config has one, without a group that is the user's own;
// "" is root, or one that nothing makes.
func (b *builder) owner(text string, s *stage.State) string {
	user, group, _ := strings.Cut(text, ":")
	account := findAccount(s, user)
	switch {
	case user == "" || user == "root" || user == "0":
		return ""
	case account != nil:
		user = account.Name
	case !digits.MatchString(user) && !slices.Contains(baseUsers, user):
		return ""
	}
	own := account != nil && (group == account.Name || group == account.Group || account.Group == "" && group == account.UID)
	if group == "" || own || group == user && digits.MatchString(user) {
		return user
	}
	if n := number(s); !digits.MatchString(group) && !baseGroups[group] && n.groups[group] == "" {
		return user
	}
	return user + ":" + group
}

// modeOf is the mode of an entry that is one file: by --chmod, and by each chmod
// after it. "" is the usual one.
func (b *builder) modeOf(e *entry, s *stage.State) string {
	mode := modeText(e.copy.Chmod, "")
	for _, m := range s.Modes {
		if e.dir || m.Path != e.to || m.Step.Place.Line <= e.copy.Step.Place.Line {
			continue
		}
		if next := modeText(m.Mode, mode); next != "" {
			mode = next
			m.Step.Status, m.Step.Field = draft.Carried, "app"
		}
	}
	if mode == "0644" && !b.executableHere(e.from) || mode == "0755" && b.executableHere(e.from) {
		return ""
	}
	return mode
}

func (b *builder) executableHere(name string) bool {
	fi, err := fs.Stat(b.dir, name)
	return err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0
}

// modeText is a mode of chmod in four octal digits; of symbolic ones, +x is known.
func modeText(mode, before string) string {
	if n, err := strconv.ParseUint(mode, 8, 16); err == nil && n > 0 && n <= 0o7777 {
		return fmt.Sprintf("%04o", n)
	}
	switch mode {
	case "+x", "a+x", "ugo+x", "+rx", "a+rx":
		return "0755"
	}
	return before
}

// owners judges each chown that isn't an owner of app: dirs and the workdir are
// the user's.
func (b *builder) owners(s *stage.State) {
	for _, o := range s.Owners {
		if o.Step.Status == draft.Left || o.Step.Field == "app" {
			continue
		}
		user, _, _ := strings.Cut(o.User, ":")
		switch made, files := b.under(o.Path, s); {
		case user == "root" || user == "0":
			o.Step.Status, o.Step.Note = draft.Unneeded, "what isn't the user's is root's"
		case made && (isUser(s, user) || user == ""), made && b.owner(o.User, s) != "":
			o.Step.Status, o.Step.Field = draft.Carried, "dirs"
		case files:
			o.Step.Status, o.Step.Note = draft.Unneeded, "it comes with app, which says whom its files belong to"
		case strings.HasPrefix(o.Path, "/tmp"):
			o.Step.Status, o.Step.Note = draft.Unneeded, "anybody writes there"
		default:
			o.Step.Status, o.Step.Note = draft.Left, "list the directory under dirs:, with user: if it isn't that of the image"
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

// modes judges each chmod that isn't the mode of a file of app: of directories
// that are made it is theirs, and files keep here who may execute them.
func (b *builder) modes(s *stage.State) {
	for _, m := range s.Modes {
		if m.Step.Status == draft.Left || b.isModeOf(m, s) {
			continue
		}
		from, ok := b.traced(m.Path)
		made, files := b.under(m.Path, s)
		executable := strings.Contains(m.Mode, "x") || isExecutable(m.Mode)
		switch fi, err := fs.Stat(b.dir, from); {
		case !ok && (made || files):
			m.Step.Status, m.Step.Note = draft.Unneeded, "modes become 0644, or 0755 for directories and what is executable here"
		case !ok && strings.HasPrefix(m.Path, "/tmp"):
			m.Step.Status, m.Step.Note = draft.Unneeded, "anybody writes there"
		case !ok:
			m.Step.Status, m.Step.Note = draft.Left, "nothing under app: or dirs: is at "+draft.Line(m.Path)+"; a directory that is listed under dirs: can have a mode"
		case err == nil && fi.Mode().IsRegular() && executable && fi.Mode()&0o111 == 0:
			m.Step.Status, m.Step.Note = draft.Left, "make it executable here, as app keeps that: chmod +x "+from+" (in git: git update-index --chmod=+x "+from+")"
		case executable:
			m.Step.Status, m.Step.Field = draft.Carried, "app"
		default:
			m.Step.Status, m.Step.Note = draft.Unneeded, "modes become 0644, or 0755 for directories and what is executable"
		}
	}
}

// isModeOf reports whether a chmod is the mode of an entry of app or dirs.
func (b *builder) isModeOf(m stage.Mode, s *stage.State) bool {
	return slices.ContainsFunc(b.entries, func(e *entry) bool { return !e.dir && e.to == m.Path }) && m.Step.Field == "app" && m.Step.Status == draft.Carried && modeText(m.Mode, "") != "" ||
		slices.ContainsFunc(s.Dirs, func(d stage.Dir) bool {
			return d.Path == m.Path && modeText(m.Mode, "") != "" && d.Step.Status == draft.Carried
		})
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
