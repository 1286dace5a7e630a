package adopt

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/stage"
)

// entry is an entry of app.
type entry struct {
	from, to string
	dir      bool
	here     bool // is there in the directory
	copy     stage.Copy
}

// noIgnore is said of an app that takes all there is.
const noIgnore = "all of this directory; list in .assembleignore what the image doesn't need (tests, notebooks, data)"

// maxMatches bounds what a pattern of COPY may stand for.
const maxMatches = 40

// installers are files that only installing needs.
var installers = []string{
	"pyproject.toml", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile", "Pipfile.lock", "pylock.toml", "poetry.toml", "uv.toml", "pip.conf", ".python-version", "constraints.txt",
}

// isInstaller reports whether a file is but for installing packages.
func isInstaller(name string) bool {
	base := path.Base(name)
	for _, i := range installers {
		if base == i || strings.HasPrefix(base, i) && strings.ContainsAny(base[len(i):], "*?") {
			return true
		}
	}
	return strings.HasPrefix(base, "requirements") || path.Base(path.Dir(name)) == "requirements" && strings.HasSuffix(base, ".txt")
}

// files takes over what COPY brings, and what is made, owned and linked.
func (b *builder) files(r *stage.Result) {
	if r == nil {
		b.plainApp()
		return
	}
	for _, c := range r.State.Copies {
		if c.Step.Status != draft.Left {
			b.expand(c, r.State)
		}
	}
	b.dropCovered()
	b.merge()
	b.writeApp(r.State)
	b.dirs(r.State)
	b.owners(r.State)
	b.modes(r.State)
}

// expand makes entries of a COPY.
func (b *builder) expand(c stage.Copy, s *stage.State) {
	if c.SHA256 != "" || c.Unpack {
		b.addWhole(c)
		return
	}
	if !strings.ContainsAny(c.From, "*?[") {
		b.addEntry(c, c.From, s)
		return
	}
	names, err := fs.Glob(b.dir, c.From)
	switch {
	case isInstaller(c.From):
		b.addEntry(c, c.From, s)
	case err != nil || len(names) == 0:
		c.Step.Status, c.Step.Note = draft.Left, "nothing here matches "+c.From+"; list the files under app:"
	case len(names) > maxMatches:
		c.Step.Status, c.Step.Note = draft.Left, "many files match "+c.From+"; put them into a directory of their own, and list that under app:"
	default:
		for _, name := range names {
			next := c
			next.Dir = next.Dir || !b.isDir(name)
			b.addEntry(next, name, s)
		}
	}
}

// addWhole makes an entry of a URL, or of an archive.
func (b *builder) addWhole(c stage.Copy) {
	e := &entry{from: c.From, to: path.Clean(c.To), here: c.SHA256 != "" || b.exists(c.From), dir: c.Unpack, copy: c}
	if c.SHA256 != "" && c.Dir {
		e.to = path.Join(e.to, path.Base(c.From))
	}
	b.entries = append(b.entries, e)
}

func (b *builder) addEntry(c stage.Copy, from string, s *stage.State) {
	e := &entry{from: from, to: path.Clean(c.To), dir: b.isDir(from), here: b.exists(from), copy: c}
	if !e.here && !strings.ContainsAny(from, "*?[") {
		e.dir = c.FromDir || !looksLikeFile(from)
	}
	if !e.dir && (c.Dir || e.to == s.Workdir.Value || b.isPlace(e.to, s)) {
		e.to = path.Join(e.to, path.Base(from))
	}
	b.entries = append(b.entries, e)
}

// isPlace reports whether a path of the image is a directory that something else
// makes.
func (b *builder) isPlace(p string, s *stage.State) bool {
	for _, d := range s.Dirs {
		if d.Path == p {
			return true
		}
	}
	return slices.ContainsFunc(b.entries, func(e *entry) bool { return e.dir && e.to == p })
}

func looksLikeFile(name string) bool {
	base := path.Base(name)
	return strings.Contains(strings.TrimLeft(base, "."), ".") || slices.Contains([]string{"Makefile", "Pipfile", "LICENSE", "entrypoint", "Procfile"}, base)
}

// covers reports whether a directory brings another entry as well.
func (e *entry) covers(o *entry) bool {
	if !e.dir || e.copy.Unpack || o.copy.Unpack || e.from == o.from && e.to == o.to {
		return false
	}
	rel, inFrom := within(e.from, o.from)
	at, inTo := within(e.to, o.to)
	return inFrom && inTo && rel == at
}

// within returns a path relative to a directory that has it.
func within(dir, p string) (rel string, ok bool) {
	switch dir {
	case p:
		return ".", true
	case ".":
		return p, true
	case "/":
		return strings.TrimPrefix(p, "/"), true
	}
	rel, ok = strings.CutPrefix(p, dir+"/")
	return rel, ok
}

// dropCovered takes out what another entry brings, what comes once more, and what
// only installing needs.
func (b *builder) dropCovered() {
	kept := b.entries[:0:0]
	for i, e := range b.entries {
		covering := slices.IndexFunc(b.entries, func(o *entry) bool { return o.covers(e) })
		again := slices.ContainsFunc(b.entries[i+1:], func(o *entry) bool { return o.from == e.from && o.to == e.to })
		switch {
		case covering >= 0:
			b.note(e, "it comes with app: {from: "+b.entries[covering].from+"}")
		case again:
			b.note(e, "a later line brings the same")
		case !e.dir && isInstaller(e.from), strings.HasSuffix(e.from, ".whl"), path.Base(e.from) == "requirements":
			b.note(e, "only installing needs it")
		default:
			kept = append(kept, e)
		}
	}
	b.entries = kept
}

// note says of a COPY that nothing of it is needed, unless another part is.
func (b *builder) note(e *entry, why string) {
	if e.copy.Step.Status == draft.Carried && e.copy.Step.Field == "app" {
		e.copy.Step.Status, e.copy.Step.Note = draft.Unneeded, why
	}
}

// merge parts directories that would go to the same place, or to the root, into
// what is in them; of two files, the later one is kept.
func (b *builder) merge() {
	var out []*entry
	for _, e := range b.entries {
		same := slices.IndexFunc(out, func(o *entry) bool { return o.to == e.to })
		switch {
		case e.to == "/" && e.dir && !e.copy.Unpack, same >= 0 && e.dir && out[same].dir:
			parts := b.parts(e)
			if parts == nil {
				e.copy.Step.Status, e.copy.Step.Note = draft.Left, "list what is in "+e.from+" one by one under app:, with the places where it goes"
			}
			for _, part := range parts {
				out = slices.DeleteFunc(out, func(o *entry) bool { return o.to == part.to && !o.dir })
				if !slices.ContainsFunc(out, func(o *entry) bool { return o.to == part.to }) {
					out = append(out, part)
				}
			}
		case same >= 0:
			out[same] = e
		default:
			out = append(out, e)
		}
	}
	b.entries = out
}

// parts are entries for what is in a directory.
func (b *builder) parts(e *entry) []*entry {
	list, err := fs.ReadDir(b.dir, e.from)
	if err != nil || len(list) > maxMatches {
		return nil
	}
	parts := []*entry{}
	for _, d := range list {
		if strings.HasPrefix(d.Name(), ".") {
			continue
		}
		parts = append(parts, &entry{from: path.Join(e.from, d.Name()), to: path.Join(e.to, d.Name()), dir: d.IsDir(), here: true, copy: e.copy})
	}
	return parts
}

// writeApp writes the entries.
func (b *builder) writeApp(s *stage.State) {
	b.authorities(s)
	for _, e := range b.entries {
		e.copy.Step.Status, e.copy.Step.Field, e.copy.Step.Note = draft.Carried, "app", ""
		item := draft.Item{Map: b.pairs(e, s), From: e.copy.Step.Place}
		switch {
		case !e.here:
			item.Note = "not in this directory yet"
		case e.from == "." && !b.project.Ignore:
			item.Note = noIgnore
		}
		field := b.fieldOf(e, s)
		e.copy.Step.Field = field
		if field == "ca_certificates" {
			item.Text, item.Map = e.from, nil
		}
		b.draft.Add(field, item)
	}
}

// authorities parts a directory of certificates into its files, which are named one
// by one.
func (b *builder) authorities(s *stage.State) {
	var out []*entry
	for _, e := range b.entries {
		if _, ok := within("/usr/local/share/ca-certificates", e.to); !ok || !e.dir || !s.Certs {
			out = append(out, e)
			continue
		}
		parts := b.parts(e)
		if len(parts) == 0 {
			e.copy.Step.Status, e.copy.Step.Note = draft.Left, "list the certificates under ca_certificates:"
		}
		out = append(out, parts...)
	}
	b.entries = out
}

// fieldOf is where an entry goes: certificates of authorities and models have
// fields of their own.
func (b *builder) fieldOf(e *entry, s *stage.State) string {
	dir := path.Dir(e.to)
	switch {
	case s.Certs && !e.dir && strings.HasPrefix(dir, "/usr/local/share/ca-certificates") && draft.Knows("ca_certificates"):
		return "ca_certificates"
	case e.here && draft.Knows("models") && slices.Contains([]string{"models", "weights", "checkpoints"}, path.Base(e.from)) && len(e.copy.Exclude) == 0 && e.copy.Chmod == "" && e.dir && !e.copy.Unpack && !b.hasCode(e.from):
		return "models"
	}
	return "app"
}

// pairs are the parts of an entry of app.
func (b *builder) pairs(e *entry, s *stage.State) []draft.Pair {
	pairs := []draft.Pair{{Key: "from", Value: e.from}, {Key: "to", Value: e.to}}
	if e.copy.SHA256 != "" {
		pairs = append(pairs, draft.Pair{Key: "sha256", Value: e.copy.SHA256})
	}
	if e.copy.Unpack {
		pairs = append(pairs, draft.Pair{Key: "unpack", Value: "true"})
	}
	if owner := b.ownerOf(e, s); owner != "" {
		pairs = append(pairs, draft.Pair{Key: "user", Value: owner})
	}
	if mode := b.modeOf(e, s); mode != "" {
		pairs = append(pairs, draft.Pair{Key: "mode", Value: mode})
	}
	if len(e.copy.Exclude) > 0 {
		pairs = append(pairs, draft.Pair{Key: "exclude", List: e.copy.Exclude})
	}
	return pairs
}

func (b *builder) exists(name string) bool {
	_, err := fs.Stat(b.dir, name)
	return fs.ValidPath(name) && err == nil
}

func (b *builder) isDir(name string) bool {
	fi, err := fs.Stat(b.dir, name)
	return err == nil && fi.IsDir()
}
