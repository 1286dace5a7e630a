package project

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Framework is how the code of a framework is started and asked.
type Framework struct {
	// Name is FastAPI, Django, Flask, Streamlit or Celery.
	Name string
	// File is the code that says so.
	File string
	// Entrypoint starts it, with Root on the module path; "." is the directory.
	Entrypoint []string
	Root       string
	// Port is what it listens on, 0 for none.
	Port int
	// Health is a path that answers, "" where none is known; HealthNote says why.
	Health, HealthNote string
	// Needs are packages that the entrypoint needs and the project doesn't require.
	Needs []string
	// Note says more of the entrypoint.
	Note string
}

var (
	fastapi   = lazyregexp.New(`(?m)^(\w+)(?:\s*:\s*[\w.]+)?\s*=\s*(?:fastapi\.)?(?:FastAPI|Starlette|Litestar)\(`)
	flask     = lazyregexp.New(`(?m)^(\w+)(?:\s*:\s*[\w.]+)?\s*=\s*(?:flask\.)?Flask\(`)
	factory   = lazyregexp.New(`(?m)^def (create_app|make_app)\(`)
	isFlask   = lazyregexp.New(`(?m)^(?:from|import)\s+flask\b`)
	celery    = lazyregexp.New(`(?m)^(\w+)(?:\s*:\s*[\w.]+)?\s*=\s*(?:celery\.)?Celery\(`)
	streamlit = lazyregexp.New(`(?m)^(?:import\s+streamlit|from\s+streamlit\b)`)
	settings  = lazyregexp.New(`DJANGO_SETTINGS_MODULE["']\s*,\s*["']([A-Za-z0-9_.]+)["']`)
)

// frameworks finds the framework; of several, the one that serves requests.
func (p *Project) frameworks(dir fs.FS) {
	code := sources(dir)
	for _, find := range []func(fs.FS, []source) *Framework{p.fastapi, p.django, p.flask, p.streamlit, p.celery} {
		f := find(dir, code)
		switch {
		case f == nil:
		case p.Framework == nil:
			p.Framework = f
		default:
			p.Others = append(p.Others, f.Name)
		}
	}
}

// needs adds a package that isn't required.
func (p *Project) needs(f *Framework, names ...string) {
	for _, name := range names {
		if !p.Requires(name) && len(p.Depends) > 0 {
			f.Needs = append(f.Needs, name)
		}
	}
}

func (p *Project) fastapi(dir fs.FS, code []source) *Framework {
	for _, s := range code {
		m := fastapi.FindStringSubmatch(s.text)
		if m == nil {
			continue
		}
		mod, root := module(dir, s.path)
		target := mod + ":" + m[1]
		f := &Framework{Name: "FastAPI", File: s.path, Root: root, Port: 8000}
		if p.Requires("gunicorn") {
			f.Entrypoint = []string{"gunicorn", "-k", "uvicorn.workers.UvicornWorker", "-b", "0.0.0.0:8000", target}
		} else {
			f.Entrypoint = []string{"uvicorn", target, "--host", "0.0.0.0", "--port", "8000"}
		}
		if !p.Requires("fastapi-cli") {
			p.needs(f, "uvicorn")
		}
		f.Health, f.HealthNote = route(code, s, m[1])
		if f.Health == "" && !strings.Contains(s.text, "openapi_url=None") && strings.Contains(s.text, "FastAPI(") {
			f.Health, f.HealthNote = "/openapi.json", "what FastAPI serves by itself; a path of your own that asks the database tells more"
		}
		return f
	}
	return nil
}

func (p *Project) django(dir fs.FS, code []source) *Framework {
	for _, s := range code {
		m := settings.FindStringSubmatch(s.text)
		if m == nil || path.Base(s.path) != "manage.py" {
			continue
		}
		site, _, _ := strings.Cut(m[1], ".")
		root := path.Dir(s.path)
		f := &Framework{Name: "Django", File: s.path, Root: root, Port: 8000}
		switch {
		case p.Requires("gunicorn") || !p.Requires("uvicorn") || !isFile(dir, path.Join(root, site, "asgi.py")):
			f.Entrypoint = []string{"gunicorn", "-b", "0.0.0.0:8000", site + ".wsgi:application"}
			p.needs(f, "gunicorn")
		default:
			f.Entrypoint = []string{"uvicorn", site + ".asgi:application", "--host", "0.0.0.0", "--port", "8000"}
		}
		f.Note = "run `python manage.py collectstatic` before `assemble push`, and migrate where the image is run"
		for _, u := range code {
			if m := urlpath.FindStringSubmatch(u.text); m != nil && path.Base(u.path) == "urls.py" {
				f.Health, f.HealthNote = "/"+strings.TrimPrefix(m[1], "/"), u.path
				break
			}
		}
		return f
	}
	return nil
}

func (p *Project) flask(dir fs.FS, code []source) *Framework {
	for _, s := range code {
		target := ""
		if m := flask.FindStringSubmatch(s.text); m != nil {
			target = m[1]
		} else if m := factory.FindStringSubmatch(s.text); m != nil && isFlask.MatchString(s.text) {
			target = m[1] + "()"
		}
		if target == "" {
			continue
		}
		mod, root := module(dir, s.path)
		f := &Framework{Name: "Flask", File: s.path, Root: root, Port: 8000}
		if p.Requires("waitress") && !p.Requires("gunicorn") {
			f.Entrypoint = []string{"waitress-serve", "--listen=0.0.0.0:8000", mod + ":" + target}
			if name, isCall := strings.CutSuffix(target, "()"); isCall {
				f.Entrypoint = []string{"waitress-serve", "--listen=0.0.0.0:8000", "--call", mod + ":" + name}
			}
		} else {
			f.Entrypoint = []string{"gunicorn", "-b", "0.0.0.0:8000", mod + ":" + target}
			p.needs(f, "gunicorn")
		}
		f.Health, f.HealthNote = route(code, s, strings.TrimSuffix(target, "()"))
		return f
	}
	return nil
}

func (p *Project) streamlit(_ fs.FS, code []source) *Framework {
	for _, s := range code {
		if strings.HasPrefix(s.path, "pages/") || !streamlit.MatchString(s.text) {
			continue
		}
		return &Framework{
			Name: "Streamlit", File: s.path, Root: ".", Port: 8501,
			Entrypoint: []string{"streamlit", "run", s.path, "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"},
			Health:     "/_stcore/health", HealthNote: "Streamlit's own",
		}
	}
	return nil
}

func (p *Project) celery(dir fs.FS, code []source) *Framework {
	for _, s := range code {
		m := celery.FindStringSubmatch(s.text)
		if m == nil {
			continue
		}
		mod, root := module(dir, s.path)
		if !slices.Contains([]string{"app", "celery"}, m[1]) {
			mod += ":" + m[1]
		}
		return &Framework{Name: "Celery", File: s.path, Root: root, Entrypoint: []string{"celery", "-A", mod, "worker", "--loglevel=info"}}
	}
	return nil
}

var (
	routes  = lazyregexp.New(`@(\w+)\.(?:get|route|api_route)\(\s*["'](/[^"'<>{}\s]*)["']`)
	healthy = lazyregexp.New(`(?i)(health|healthz|livez|readyz|ping|ready|live|status|heartbeat)`)
	urlpath = lazyregexp.New(`\bpath\(\s*["']([^"'<>]*(?i:health|ping|ready|live)[^"'<>]*)["']`)
)

// route finds a path that tells of health, or the root, among those of the
// application itself; one of a router has a prefix that only running tells.
func route(code []source, main source, app string) (health, note string) {
	rootPath := ""
	for _, s := range code {
		for _, m := range routes.FindAllStringSubmatch(s.text, -1) {
			switch own := s.path == main.path && (m[1] == app || strings.HasPrefix(app, "create") || strings.HasPrefix(app, "make")); {
			case own && healthy.MatchString(m[2]):
				return m[2], s.path
			case own && m[2] == "/":
				rootPath = "/"
			case healthy.MatchString(m[2]) && note == "":
				note = s.path + " has " + m[2] + ", perhaps behind a prefix"
			}
		}
	}
	if rootPath != "" && note == "" {
		note = main.path
	}
	return rootPath, note
}
