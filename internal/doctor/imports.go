package doctor

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/doctor/python"
)

// imports finds what the app's own code imports and nothing in the image provides.
// It is an error where the image can't start without it.
func (x *examination) imports() {
	type miss struct {
		module   string
		severity Severity
		files    []string // path:line
		paths    []string
	}
	started := x.started()
	missing := map[string]*miss{}
	for _, s := range x.img.Sources {
		for _, i := range s.Imports {
			name := x.unfound(s, i)
			if name == "" {
				continue
			}
			severity := Warning
			switch {
			case i.When == python.Perhaps:
				severity = Note
			case started[s.Path]:
				severity = Error
			case isTestSource(s.Path):
				severity = Note
			}
			m := missing[name]
			if m == nil {
				m = &miss{module: name, severity: severity}
				missing[name] = m
			}
			if rank(severity) < rank(m.severity) { // the worst first
				m.severity = severity
				m.files = slices.Insert(m.files, 0, "")[:1]
				m.files[0] = fmt.Sprintf("%s:%d", s.Path, i.Line)
			} else {
				m.files = append(m.files, fmt.Sprintf("%s:%d", s.Path, i.Line))
			}
			if !slices.Contains(m.paths, s.Path) && len(m.paths) < maxPaths {
				m.paths = append(m.paths, s.Path)
			}
		}
	}
	list := make([]*miss, 0, len(missing))
	for _, m := range missing {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *miss) int { return cmp.Compare(a.module, b.module) })
	for _, m := range list {
		f := Finding{ID: IDNoImport, Severity: m.severity, About: m.module, Paths: m.paths}
		f.Text = fmt.Sprintf("module %s, which the app imports (%s), is in no wheel, not in the app and not in Python %s", m.module, names(m.files), x.img.Target.Facts.Python.Minor)
		top := strings.Split(m.module, ".")[0]
		if left := python.Left(top, x.minor); left != 0 {
			f.Text += fmt.Sprintf(": Python 3.%d had it last", left)
		} else if project := projectOf(top); project != "" && top == m.module {
			f.Fix = fmt.Sprintf("add %s to the requirements", project)
		}
		x.add(f)
	}
}

func rank(s Severity) int {
	return map[Severity]int{Error: 0, Warning: 1, Note: 2}[s]
}

// unfound is the part of an import's name that isn't found, "" where all is well
// or the code goes on without it.
func (x *examination) unfound(s Source, i python.Import) string {
	if i.When == python.Guarded || i.Level > 0 && i.Module == "" {
		return ""
	}
	if len(i.Instead) > 0 {
		all := true
		for _, m := range i.Instead {
			all = all && x.resolve(s, m) != nil
		}
		if all {
			return "" // what it stands in for is there
		}
	}
	if i.Level > 0 {
		if _, missing := x.relativePath(s, i.Level).Find(i.Module); missing != "" {
			return strings.Repeat(".", i.Level) + missing
		}
		return ""
	}
	top, _, _ := strings.Cut(i.Module, ".")
	found := x.resolve(s, top)
	if found == nil {
		return top
	}
	// Below what others have, modules may be made while it is imported.
	if !x.inApp(found) {
		return ""
	}
	if x.resolve(s, i.Module) == nil {
		_, missing := x.pathOf(s).Find(i.Module)
		return missing
	}
	return ""
}

// pathOf is where a file's imports are looked for: as from the image's start, and,
// since it may be run otherwise, from the directories that it lies in.
func (x *examination) pathOf(s Source) *python.Path {
	p := *x.sysPath
	p.Dirs = slices.Clone(p.Dirs)
	for dir := path.Dir(s.Path); ; dir = path.Dir(dir) {
		p.Dirs = append(p.Dirs, dir)
		if dir == s.Root || dir == "/" {
			return &p
		}
	}
}

func (x *examination) resolve(s Source, module string) *python.Found {
	if found, _ := x.sysPath.Find(module); found != nil {
		return found
	}
	found, _ := x.pathOf(s).Find(module)
	return found
}

// inApp reports whether the app brings a module.
func (x *examination) inApp(f *python.Found) bool {
	at := f.File
	if at == "" && len(f.Dirs) > 0 {
		at = f.Dirs[0]
	}
	n := x.img.Tree.Lookup(at)
	return n != nil && x.img.Owners[n.Owner].Kind == OwnerApp
}

// started are the app's files that are loaded when the image starts: what it
// names, and what these import in turn.
func (x *examination) started() map[string]bool {
	bySource := map[string]Source{}
	for _, s := range x.img.Sources {
		bySource[s.Path] = s
	}
	seen := map[string]bool{}
	var queue []string
	load := func(f *python.Found) {
		if f != nil && f.File != "" && !seen[f.File] {
			seen[f.File] = true
			queue = append(queue, f.File)
		}
	}
	for _, m := range x.begin.Modules {
		x.loadAll(x.sysPath, m.Name, load)
		if m.Run {
			x.loadAll(x.sysPath, m.Name+".__main__", load)
		}
	}
	for _, s := range x.begin.Scripts {
		load(&python.Found{File: x.img.Tree.Resolve(x.under(s))})
	}
	for len(queue) > 0 {
		s, ok := bySource[queue[0]]
		queue = queue[1:]
		if !ok {
			continue
		}
		for _, i := range s.Imports {
			if i.When != python.Always {
				continue
			}
			p, module := x.pathOf(s), i.Module
			if i.Level > 0 {
				p = x.relativePath(s, i.Level)
			}
			if module != "" {
				x.loadAll(p, module, load)
				module += "."
			}
			for _, name := range i.Names { // those that are modules
				f, _ := p.Find(module + name)
				load(f)
			}
		}
	}
	return seen
}

// relativePath is where a relative import of a file is looked for.
func (x *examination) relativePath(s Source, level int) *python.Path {
	dir := path.Dir(s.Path)
	for range level - 1 {
		dir = path.Dir(dir)
	}
	return &python.Path{Tree: x.img.Tree, Dirs: []string{dir}, Minor: x.minor}
}

// loadAll loads a module and the packages that it lies in.
func (x *examination) loadAll(p *python.Path, module string, load func(*python.Found)) {
	parts := strings.Split(module, ".")
	for i := range parts {
		f, _ := p.Find(strings.Join(parts[:i+1], "."))
		load(f)
	}
}

// importedBy is a file of the app that imports a module of the owner, "" for none.
func (x *examination) importedBy(owner int) string {
	for _, s := range x.img.Sources {
		for _, i := range s.Imports {
			if i.When != python.Always || i.Level > 0 {
				continue
			}
			f := x.resolve(s, strings.Split(i.Module, ".")[0])
			if f == nil || f.File == "" {
				continue
			}
			if n := x.img.Tree.Lookup(f.File); n != nil && n.Owner == owner {
				return s.Path
			}
		}
	}
	return ""
}

// entryPoints finds commands of wheels whose modules aren't there.
func (x *examination) entryPoints() {
	p := &python.Path{Tree: x.img.Tree, Dirs: x.pythonDirs(), Minor: x.minor}
	for _, o := range x.img.Owners {
		var bad []string
		module := ""
		for _, e := range o.EntryPoints {
			if !e.IsScript() {
				continue
			}
			if _, missing := p.Find(e.Module); missing != "" {
				bad = append(bad, fmt.Sprintf("%s (%s)", e.Name, e.Value))
				module = missing
			}
		}
		if len(bad) == 0 {
			continue
		}
		x.add(Finding{
			ID: IDEntryPoint, Severity: Warning, About: o.Name, Wheels: []string{o.Wheel},
			Text: fmt.Sprintf("%s %s installs commands that can't run, since module %s isn't there: %s", o.Name, o.Version, module, names(bad)),
		})
	}
}

// projectOf is the project that brings a module, where their names differ, or one
// of the same name; "" where neither is known.
func projectOf(module string) string { return projects[module] }

// projects are those of modules that are imported often.
var projects = map[string]string{
	"cv2": "opencv-python-headless", "yaml": "PyYAML", "PIL": "pillow", "sklearn": "scikit-learn", "skimage": "scikit-image", "dateutil": "python-dateutil",
	"dotenv": "python-dotenv", "jwt": "PyJWT", "bs4": "beautifulsoup4", "magic": "python-magic", "attr": "attrs", "google": "google-cloud-core", "Crypto": "pycryptodome",
	"MySQLdb": "mysqlclient", "psycopg2": "psycopg2-binary", "serial": "pyserial", "usb": "pyusb", "docx": "python-docx", "pptx": "python-pptx", "fitz": "PyMuPDF",
	"jose": "python-jose", "multipart": "python-multipart", "slugify": "python-slugify", "OpenSSL": "pyOpenSSL", "zmq": "pyzmq", "git": "GitPython", "ruamel": "ruamel.yaml",
	"pkg_resources": "setuptools", "setuptools": "setuptools", "ldap": "python-ldap", "markdown": "Markdown", "rest_framework": "djangorestframework", "corsheaders": "django-cors-headers",
	"telegram": "python-telegram-bot", "discord": "discord.py", "faiss": "faiss-cpu", "sentence_transformers": "sentence-transformers", "flask_cors": "Flask-Cors", "flask_sqlalchemy": "Flask-SQLAlchemy",
	"numpy": "numpy", "pandas": "pandas", "scipy": "scipy", "torch": "torch", "torchvision": "torchvision", "transformers": "transformers", "requests": "requests", "httpx": "httpx", "aiohttp": "aiohttp",
	"fastapi": "fastapi", "flask": "Flask", "django": "Django", "starlette": "starlette", "uvicorn": "uvicorn", "gunicorn": "gunicorn", "celery": "celery", "redis": "redis", "sqlalchemy": "SQLAlchemy",
	"alembic": "alembic", "pydantic": "pydantic", "pydantic_settings": "pydantic-settings", "boto3": "boto3", "botocore": "botocore", "jinja2": "Jinja2", "click": "click", "typer": "typer", "rich": "rich",
	"loguru": "loguru", "structlog": "structlog", "orjson": "orjson", "msgpack": "msgpack", "lxml": "lxml", "matplotlib": "matplotlib", "seaborn": "seaborn", "plotly": "plotly", "streamlit": "streamlit",
	"tomli": "tomli", "toml": "toml", "typing_extensions": "typing-extensions", "six": "six", "pytz": "pytz", "cryptography": "cryptography", "asyncpg": "asyncpg", "psycopg": "psycopg[binary]", "pymongo": "pymongo",
	"openai": "openai", "tqdm": "tqdm", "prometheus_client": "prometheus-client", "sentry_sdk": "sentry-sdk", "tenacity": "tenacity", "psutil": "psutil", "kafka": "kafka-python", "pika": "pika",
}
