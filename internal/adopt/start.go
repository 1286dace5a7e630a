package adopt

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/project"
)

// home is where an app goes where nothing says.
const home = "/app"

// framework starts and asks the application as its framework is, as far as
// nothing else says. dockerfile says that there is one.
func (b *builder) framework(dockerfile bool) {
	f := b.project.Framework
	if f == nil {
		return
	}
	from := draft.Place{File: f.File}
	started := b.draft.Has("entrypoint") || b.draft.Has("cmd")
	if !started {
		b.read(f.File, f.Name)
		b.draft.Set("entrypoint", draft.Item{List: f.Entrypoint, From: from, Note: join(f.Name, f.Note)})
		if !b.draft.Has("lock") {
			b.left(f.File, 0, f.Entrypoint[0], "nothing lists the packages that the app needs: write them into requirements.txt, with "+f.Entrypoint[0]+" among them")
			b.draft.Set("lock", draft.Item{Text: "requirements.lock", Off: true, Note: "written by: assemble lock requirements.txt -o requirements.lock"})
		}
		for _, name := range f.Needs {
			b.left(f.File, 0, f.Entrypoint[0], name+" isn't among what the project requires: add it, and lock again")
		}
		if f.Port > 0 && !b.draft.Has("ports") {
			b.draft.Set("ports", draft.Item{Text: "[" + strconv.Itoa(f.Port) + "]", Int: true, From: from})
		}
	}
	if !dockerfile {
		b.place(f, from)
	}
	b.frameworkHealth(f, started, from)
}

// place puts the application where its modules are found.
func (b *builder) place(f *project.Framework, from draft.Place) {
	dir := path.Join(home, f.Root)
	if f.Name == "Django" {
		b.setMissing("workdir", draft.Item{Text: dir, From: from})
		return
	}
	b.setMissing("workdir", draft.Item{Text: home})
	if f.Entrypoint[0] != "streamlit" {
		b.draft.Add("env", draft.Item{Key: "PYTHONPATH", Text: dir, From: from, Note: "where its modules are found"})
	}
}

func (b *builder) setMissing(field string, item draft.Item) {
	if !b.draft.Has(field) {
		b.draft.Set(field, item)
	}
}

// frameworkHealth asks the path that the code has for it.
func (b *builder) frameworkHealth(f *project.Framework, started bool, from draft.Place) {
	if b.draft.Has("smoke") {
		return
	}
	ports := strings.Trim(b.draft.Get("ports"), "[]")
	switch {
	case f.Health != "" && ports != "" && !strings.ContainsAny(ports, ", /"):
		item := draft.Item{Key: "http", Map: []draft.Pair{{Key: "path", Value: f.Health}}, From: from, Note: f.HealthNote}
		if f.HealthNote == f.File {
			item.Note = ""
		}
		b.draft.Set("smoke", item)
	case f.Port == 0 || !started:
		b.draft.Set("smoke", draft.Item{Key: "stays_up", Text: "10s", From: from, Note: join(f.HealthNote, "the entrypoint must keep running")})
	}
}

// plainApp is the application's files where no Dockerfile says.
func (b *builder) plainApp() {
	names := b.codeDirs()
	if len(names) == 0 {
		if len(b.draft.Read) == 0 {
			b.draft.Set("app", draft.Item{Map: []draft.Pair{{Key: "from", Value: "src"}, {Key: "to", Value: home}}, Off: true})
			b.draft.Set("workdir", draft.Item{Text: home, Off: true})
			b.draft.Set("entrypoint", draft.Item{List: []string{"python", "-m", "main"}, Off: true})
		}
		return
	}
	b.setMissing("workdir", draft.Item{Text: home})
	b.script()
	if names[0] == "." {
		b.entries = []*entry{{from: ".", to: home, dir: true, here: true}}
		b.draft.Add("app", draft.Item{Map: []draft.Pair{{Key: "from", Value: "."}, {Key: "to", Value: home}}, Note: allOf(b.project.Ignore)})
		b.privileges()
		return
	}
	for _, name := range names {
		b.draft.Add("app", draft.Item{Map: []draft.Pair{{Key: "from", Value: name}, {Key: "to", Value: path.Join(home, name)}}})
	}
	b.privileges()
}

// script starts what is a program by its name, where nothing else says.
func (b *builder) script() {
	if b.draft.Has("entrypoint") || b.draft.Has("cmd") {
		return
	}
	for _, name := range []string{"__main__.py", "main.py", "app.py", "run.py", "server.py"} {
		if b.exists(name) {
			b.read(name, "Python code of no framework that is known")
			b.draft.Set("entrypoint", draft.Item{List: []string{"python", name}, From: draft.Place{File: name}, Note: "by its name"})
			return
		}
	}
	b.read(".", "Python code")
	b.draft.Set("entrypoint", draft.Item{List: []string{"python", "-m", "main"}, Off: true, Note: "nothing tells how it is started"})
}

// join writes notes after each other.
func join(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
}

// privileges: where nothing says whom the image runs as, it isn't root.
func (b *builder) privileges() {
	b.setMissing("user", draft.Item{Map: []draft.Pair{{Key: "name", Value: "app"}, {Key: "uid", Value: "1000"}, {Key: "gid", Value: "1000"}}, Note: "not root"})
	b.draft.Add("env", draft.Item{Key: "PYTHONUNBUFFERED", Text: "1", Note: "what is printed is seen at once"})
}

// codeDirs are the directories with Python code, "." where it lies in this one.
func (b *builder) codeDirs() []string {
	list, err := fs.ReadDir(b.dir, ".")
	if err != nil {
		return nil
	}
	var dirs []string
	for _, d := range list {
		switch {
		case !d.IsDir() && strings.HasSuffix(d.Name(), ".py") && d.Name() != "setup.py" && d.Name() != "conftest.py" && d.Name() != "noxfile.py":
			return []string{"."}
		case d.IsDir() && !project.IsBeside(d.Name()) && b.hasCode(d.Name()):
			dirs = append(dirs, d.Name())
		}
	}
	return dirs
}

// hasCode reports whether a directory or one in it has a Python file.
func (b *builder) hasCode(dir string) bool {
	for _, pattern := range []string{"/*.py", "/*/*.py", "/*/*/*.py"} {
		if names, err := fs.Glob(b.dir, escape(dir)+pattern); err == nil && len(names) > 0 {
			return true
		}
	}
	return false
}

// escape makes a name a pattern for itself.
func escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}

// allOf says what an entry for the whole directory takes.
func allOf(ignore bool) string {
	if ignore {
		return "all of this directory, but for what .dockerignore and .assembleignore name"
	}
	return noIgnore
}
