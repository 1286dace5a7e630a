package adopt

import (
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/project"
	"github.com/assemble-image/assemble/internal/adopt/stage"
)

// wheels decides on the lock: by what a Dockerfile installs, else by what is
// there.
func (b *builder) wheels(r *stage.Result) {
	var installs []stage.Install
	if r != nil {
		installs = slices.DeleteFunc(slices.Clone(r.Installs), func(i stage.Install) bool { return i.Step.Status == draft.Unneeded })
	}
	first := func(kind stage.Kind) *stage.Install {
		for i := range installs {
			if installs[i].Kind == kind {
				return &installs[i]
			}
		}
		return nil
	}
	files := b.requirementFiles(installs)
	switch uv, poetry, pipenv, pdm := first(stage.UVLock), first(stage.Poetry), first(stage.Pipenv), first(stage.PDM); {
	case uv != nil:
		b.uvLock(installs, uv)
	case poetry != nil:
		b.exported("poetry export --format requirements.txt --output requirements.lock"+options("--only", named(poetry.Groups, "main"))+options("--extras", poetry.Extras), "poetry.lock", poetry.Step)
	case pipenv != nil:
		b.exported("pipenv requirements --hash > requirements.lock", "Pipfile.lock", pipenv.Step)
	case pdm != nil:
		b.exported("pdm export --prod --format requirements --output requirements.lock", "pdm.lock", pdm.Step)
	case len(files) > 0:
		b.requirementsLock(files)
	case r == nil || len(installs) > 0:
		b.foundLock()
	}
	for _, i := range installs {
		b.other(i, files)
	}
}

func named(groups []string, otherwise string) []string {
	if len(groups) == 0 {
		return []string{otherwise}
	}
	return groups
}

func options(name string, values []string) string {
	text := ""
	for _, v := range values {
		text += " " + name + " " + v
	}
	return text
}

// file is a requirements file that is installed, with the step.
type file struct {
	name string
	step *draft.Step
}

func (b *builder) requirementFiles(installs []stage.Install) []file {
	var files []file
	for _, i := range installs {
		if i.Kind == stage.File && !slices.ContainsFunc(files, func(f file) bool { return f.name == i.Value }) {
			files = append(files, file{i.Value, i.Step})
		}
	}
	return files
}

// requirementsLock locks requirements files; one with hashes is a lock already.
func (b *builder) requirementsLock(files []file) {
	item := draft.Item{}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.name
	}
	if files[0].step != nil {
		item.From = files[0].step.Place
	}
	if len(files) == 1 && b.project.HasLock(files[0].name) {
		item.Text, item.Note = files[0].name, "it has hashes, and so is a lock"
	} else {
		item.Text = lockName(files[0].name)
		item.Note = "written by: assemble lock " + strings.Join(quoteAll(names), " ")
		b.draft.Next = append(b.draft.Next, "assemble lock "+strings.Join(quoteAll(names), " "))
	}
	b.draft.Set("lock", item)
	for _, f := range files {
		b.read(f.name, "packages to lock")
	}
}

// uvLock is a uv.lock, with the extras and groups that were asked for.
func (b *builder) uvLock(installs []stage.Install, first *stage.Install) {
	item := draft.Item{Text: "uv.lock"}
	if first != nil {
		item.From = first.Step.Place
	}
	if !b.project.HasLock("uv.lock") {
		item.Note = "written by: uv lock"
		b.draft.Next = append(b.draft.Next, "uv lock")
	} else {
		b.read("uv.lock", "the lock")
	}
	var extras, groups []string
	for _, i := range installs {
		if i.Kind == stage.UVLock {
			extras, groups = append(extras, i.Extras...), append(groups, i.Groups...)
		}
	}
	b.draft.Set("lock", item)
	for field, names := range map[string][]string{"extras": extras, "groups": groups} {
		slices.Sort(names)
		if names = slices.Compact(names); len(names) > 0 {
			b.draft.Set(field, draft.Item{List: names, From: item.From})
		}
	}
}

// exported is a lock that another tool's is exported as.
func (b *builder) exported(command, lock string, step *draft.Step) {
	item := draft.Item{Text: "requirements.lock", Note: "written by: " + command}
	if step != nil {
		item.From = step.Place
	}
	if !b.project.HasLock(lock) && strings.HasPrefix(command, "poetry") {
		b.draft.Next = append(b.draft.Next, "poetry lock")
	}
	b.draft.Set("lock", item)
	b.draft.Next = append(b.draft.Next, command)
	if b.project.HasLock(lock) {
		b.read(lock, "the lock that is exported")
	}
}

// foundLock takes what is there, where no Dockerfile says.
func (b *builder) foundLock() {
	p := b.project
	switch {
	case p.HasLock("uv.lock"):
		b.uvLock(nil, nil)
	case p.HasLock("pylock.toml"):
		b.draft.Set("lock", draft.Item{Text: "pylock.toml"})
		b.read("pylock.toml", "the lock")
	case p.HasLock("poetry.lock") || p.Tool == "poetry":
		b.exported("poetry export --format requirements.txt --output requirements.lock --only main", "poetry.lock", nil)
	case p.HasLock("pdm.lock"):
		b.exported("pdm export --prod --format requirements --output requirements.lock", "pdm.lock", nil)
	case p.HasLock("Pipfile.lock") || p.Tool == "pipenv":
		b.exported("pipenv requirements --hash > requirements.lock", "Pipfile.lock", nil)
	case len(p.Requirements) > 0:
		b.requirementsLock([]file{{name: likeliest(p.Requirements)}})
	case p.HasPyproject && len(p.Depends) > 0:
		b.read("pyproject.toml", "dependencies")
		b.uvLock(nil, nil)
	}
}

// likeliest picks the requirements of production.
func likeliest(names []string) string {
	for _, want := range []string{"requirements.prod.txt", "requirements-prod.txt", "requirements/prod.txt", "requirements/production.txt", "requirements.production.txt", "requirements.txt", "requirements/base.txt"} {
		if slices.Contains(names, want) {
			return want
		}
	}
	return names[0]
}

// other takes over what is installed beside the lock.
func (b *builder) other(i stage.Install, files []file) {
	switch i.Kind {
	case stage.Loose:
		b.loose(i, files)
	case stage.Wheels:
		b.draft.Add("wheels", draft.Item{Text: i.Value, From: i.Step.Place})
	case stage.Index:
		b.draft.Set("index", draft.Item{List: []string{i.Value}, From: i.Step.Place})
	case stage.Links:
		b.draft.Set("find_links", draft.Item{List: []string{i.Value}, From: i.Step.Place})
	case stage.Local:
		b.local(i)
	case stage.File, stage.UVLock, stage.Poetry, stage.Pipenv, stage.PDM:
	}
}

// loose is a requirement that stands in the Dockerfile: a lock is made of files.
func (b *builder) loose(i stage.Install, files []file) {
	name, _, _ := strings.Cut(i.Value, "[")
	if names := project.Names(name); len(names) > 0 && b.project.Requires(names[0]) {
		return // one of the files has it
	}
	target := "requirements.txt"
	if len(files) > 0 {
		target = files[0].name
	}
	if i.Step.Status == draft.Carried {
		how := "a lock is made of files: add it to " + target
		if b.draft.Get("lock") == "uv.lock" {
			how = "add it to the project: uv add " + quoteArg(i.Value)
		}
		i.Step.Status, i.Step.Note = draft.Left, how
	}
	if !slices.Contains(b.installed, i.Value) {
		b.installed = append(b.installed, i.Value)
	}
	if !b.draft.Has("lock") {
		b.draft.Set("lock", draft.Item{Text: lockName(target), From: i.Step.Place, Note: "written by: assemble lock " + target})
	}
}

// local is the project itself, which goes in as a wheel, or as files of app.
func (b *builder) local(i stage.Install) {
	if i.Dev || path.Clean(i.Value) == "." && b.draft.Get("lock") == "uv.lock" {
		if i.Step.Status == draft.Carried {
			i.Step.Status, i.Step.Note = draft.Left, "an editable project is its files: list them under app: and their directory in PYTHONPATH, or build a wheel (uv build --wheel) and write project: ."
		}
		return
	}
	const build = "pip wheel --no-deps --wheel-dir dist ."
	i.Step.Field = "project"
	if b.project.HasPyproject {
		b.draft.Set("project", draft.Item{Text: ".", From: i.Step.Place, Note: "built by: uv build --wheel, or " + build})
	} else {
		b.draft.Add("wheels", draft.Item{Text: "dist/*.whl", From: i.Step.Place, Note: "built by: " + build})
		i.Step.Field = "wheels"
	}
	b.draft.Next = append([]string{build}, b.draft.Next...)
	if !b.draft.Has("lock") {
		b.foundLock()
	}
	if len(i.Extras) > 0 && i.Step.Status == draft.Carried {
		i.Step.Status, i.Step.Note = draft.Left, "project: installs the project without extras; add to the requirements what "+strings.Join(i.Extras, ", ")+" stands for"
	}
}
