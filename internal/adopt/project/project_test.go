package project

import (
	"strings"
	"testing"
	"testing/fstest"
)

// files makes a file system of name and text.
func files(list ...string) fstest.MapFS {
	fs := fstest.MapFS{}
	for i := 0; i < len(list); i += 2 {
		fs[list[i]] = &fstest.MapFile{Data: []byte(list[i+1])}
	}
	return fs
}

func TestFrameworks(t *testing.T) {
	for _, tt := range []struct {
		name       string
		files      fstest.MapFS
		entrypoint string
		root       string
		port       int
		health     string
		needs      string
	}{
		{
			"FastAPI", files("main.py", "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/healthz')\ndef h(): ...\n", "requirements.txt", "fastapi\nuvicorn[standard]\n"),
			"uvicorn main:app --host 0.0.0.0 --port 8000", ".", 8000, "/healthz", "",
		},
		{
			"FastAPI", files("src/api/main.py", "api: FastAPI = fastapi.FastAPI(title='x')\n", "requirements.txt", "fastapi\ngunicorn\n"),
			"gunicorn -k uvicorn.workers.UvicornWorker -b 0.0.0.0:8000 api.main:api", "src", 8000, "/openapi.json", "uvicorn",
		},
		{
			"FastAPI", files("src/__init__.py", "", "src/app.py", "app = FastAPI(openapi_url=None)\n", "pyproject.toml", "[project]\nname='x'\ndependencies=['fastapi>=0.1', 'Uvicorn']\n"),
			"uvicorn src.app:app --host 0.0.0.0 --port 8000", ".", 8000, "", "",
		},
		{
			"Flask", files("wsgi.py", "import flask\napplication = flask.Flask(__name__)\n@application.route(\"/\")\ndef i(): ...\n", "requirements.txt", "Flask\n"),
			"gunicorn -b 0.0.0.0:8000 wsgi:application", ".", 8000, "/", "gunicorn",
		},
		{
			"Flask", files("shop/__init__.py", "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n", "Pipfile", "[packages]\nflask = '*'\nwaitress = '*'\n"),
			"waitress-serve --listen=0.0.0.0:8000 --call shop:create_app", ".", 8000, "", "",
		},
		{
			"Django", files("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n", "site/urls.py", "urlpatterns = [path('healthz/', ok)]\n", "requirements.txt", "Django\ngunicorn\n"),
			"gunicorn -b 0.0.0.0:8000 site.wsgi:application", ".", 8000, "/healthz/", "",
		},
		{
			"Streamlit", files("Home.py", "import streamlit as st\n", "pages/a.py", "import streamlit\n"),
			"streamlit run Home.py --server.address=0.0.0.0 --server.port=8501 --server.headless=true", ".", 8501, "/_stcore/health", "",
		},
		{
			"Celery", files("work/tasks.py", "from celery import Celery\nqueue = Celery('x')\n"),
			"celery -A work.tasks:queue worker --loglevel=info", ".", 0, "", "",
		},
	} {
		f := Read(tt.files).Framework
		if f == nil {
			t.Errorf("%s: nothing was found", tt.name)
			continue
		}
		if got := strings.Join(f.Entrypoint, " "); f.Name != tt.name || got != tt.entrypoint || f.Root != tt.root || f.Port != tt.port || f.Health != tt.health || strings.Join(f.Needs, " ") != tt.needs {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
	for _, dir := range []fstest.MapFS{
		files("tests/test_a.py", "app = FastAPI()\n"), files(".venv/x.py", "app = Flask(__name__)\n"), files("a.py", "# app = FastAPI()\n"), files(),
	} {
		if f := Read(dir).Framework; f != nil {
			t.Errorf("%v: %+v", dir, f)
		}
	}
}

func TestRead(t *testing.T) {
	p := Read(files(
		"requirements.txt", "Foo_Bar[x]>=1 ; python_version>'3'\n# c\n-r other.txt\n  baz\n", "requirements.lock.txt", "a==1 --hash=sha256:00\n",
		"pyproject.toml", "[tool.poetry]\nname='n'\n[tool.poetry.dependencies]\npython='^3'\nHTTPX='*'\n", "uv.lock", "", ".dockerignore", "", "Pipfile", "[",
	))
	if strings.Join(p.Depends, " ") != "a baz foo-bar httpx" || strings.Join(p.Locks, " ") != "uv.lock requirements.lock.txt" || p.Tool != "poetry" || p.Name != "n" || !p.Ignore || len(p.Broken) != 1 {
		t.Errorf("%+v", p)
	}
}
