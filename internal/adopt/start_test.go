package adopt

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/assemble-image/assemble/internal/adopt/draft"
)

// TestDirectories holds what comes of a directory without a Dockerfile, or with
// a Compose file beside it.
func TestDirectories(t *testing.T) {
	for _, tt := range []struct {
		name, files string
		has         []string // lines of the config
		hasNot      []string
	}{
		{"app.py alone", "-- app.py --\nfrom flask import Flask\napp = Flask(__name__)\n", []string{
			"  - {from: ., to: /app}", "user: {name: app, uid: 1000, gid: 1000}", "entrypoint: [gunicorn, -b, '0.0.0.0:8000', app:app]", "ports: [8000]", "  stays_up: 10s",
		}, []string{"\nlock:"}},
		{"pyproject alone", "-- pyproject.toml --\n[project]\nname = 'x'\ndependencies = ['httpx']\n", []string{"lock: uv.lock"}, []string{"\nentrypoint:", "\napp:"}},
		{"poetry", "-- pyproject.toml --\n[tool.poetry]\nname = 'x'\n-- poetry.lock --\n-- src/x/__init__.py --\n", []string{"lock: requirements.lock", "poetry export", "  - {from: src, to: /app/src}"}, nil},
		{"a lock", "-- requirements.txt --\na==1 --hash=sha256:00\n", []string{"lock: requirements.txt"}, nil},
		{"compose", "-- Dockerfile --\nFROM python:3.12\nENV A=1\nEXPOSE 9000\n-- compose.yaml --\nservices:\n  web:\n    build: .\n    ports: ['80:8000', '9000:9000']\n    environment: {A: 2, B: 'x$$y', C: '${C}', DB_PASSWORD: hunter2}\n    command: uvicorn main:app --port 8000\n    healthcheck: {test: 'curl -f http://localhost:8000/ping || exit 1'}\n    env_file: .env\n    platform: linux/amd64\n    restart: always\n-- .env --\nX=1\n", []string{
			"ports: [9000, 8000]", "  A: '1'", "  B: 'x$$y'", "cmd: [uvicorn, main:app, --port, '8000']", "  http: {port: 8000, path: /ping}", "  env_file: .env", "platform: linux/amd64",
		}, []string{"hunter2", "  C:"}},
		{"worker", "-- tasks.py --\nfrom celery import Celery\napp = Celery('x')\n", []string{"entrypoint: [celery, -A, tasks, worker, --loglevel=info]", "  stays_up: 10s"}, []string{"\nports:"}},
		{"code in src", "-- src/main.py --\nfrom fastapi import FastAPI\napp = FastAPI()\n", []string{"  PYTHONPATH: /app/src", "entrypoint: [uvicorn, main:app,", "  - {from: src, to: /app/src}", "  http: {path: /openapi.json}"}, nil},
		{"start of a Dockerfile without one", "-- Dockerfile --\nFROM python:3.12\nWORKDIR /code\nCOPY . .\n-- main.py --\nfrom fastapi import FastAPI\napp = FastAPI()\n", []string{"entrypoint: [uvicorn, main:app,", "workdir: /code"}, nil},
		{"mounts", "-- Dockerfile --\nFROM python:3.12 AS b\nRUN pip wheel -w /w -r /nowhere.txt\nFROM python:3.12\nWORKDIR /x\nARG R=r\nRUN --mount=type=bind,source=reqs/a.txt,target=/tmp/${R}.txt --mount=type=bind,from=b,source=/w,target=/w pip install -r /tmp/r.txt /w/*.whl /w/*\n", []string{"lock: nowhere.lock", "assemble lock nowhere.txt reqs/a.txt"}, []string{"project:"}},
		{"add", "-- Dockerfile --\nFROM python:3.12\nADD --checksum=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 https://u:p@x.example.com/m.bin /models/\nADD x.tar.gz /opt\nADD https://x.example.com/y /y\nADD https://x.example.com/z.git /z\n", []string{
			"  - {from: https://x.example.com/m.bin, to: /models/m.bin, sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'}", "  - {from: x.tar.gz, to: /opt, unpack: true}", "sha256: …}, as curl",
		}, []string{"u:p"}},
		{"system", "-- Dockerfile --\nFROM python:3.12\nRUN apt-get install -y tini tzdata\nRUN ln -snf /usr/share/zoneinfo/Europe/Berlin /etc/localtime && echo Europe/Berlin > /etc/timezone\nCOPY corp.crt /usr/local/share/ca-certificates/\nCOPY ca/ /usr/local/share/ca-certificates/\nRUN update-ca-certificates\nCOPY models /app/models\nCOPY code/models /app/code\nENTRYPOINT [\"/usr/bin/tini\", \"--\", \"uv\", \"run\", \"main.py\"]\n-- corp.crt --\n-- ca/a.crt --\n-- models/m.onnx --\n-- code/models/a.py --\n", []string{
			"init: true", "entrypoint: [python, main.py]", "timezone: Europe/Berlin", "ca_certificates:\n  - corp.crt", "  - ca/a.crt", "models:\n  - {from: models, to: /app/models}", "app:\n  - {from: code/models, to: /app/code}",
		}, []string{"# Not carried over"}},
		{"broken", "-- compose.yaml --\na: [\n-- pyproject.toml --\n[\n", []string{"# compose.yaml  the whole file", "# pyproject.toml  the whole file"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := unpack(t, txtar.Parse([]byte(tt.files)))
			r, err := Directory(dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkResult(t, dir, r)
			for _, line := range tt.has {
				if !strings.Contains(string(r.Config), line) {
					t.Errorf("%q is missing in\n%s", line, r.Config)
				}
			}
			for _, line := range tt.hasNot {
				if strings.Contains(string(r.Config), line) {
					t.Errorf("%q is in\n%s", line, r.Config)
				}
			}
		})
	}
}

func TestBuildArgsAndTarget(t *testing.T) {
	const text = "ARG V\nFROM python:${V} AS a\nENV X=1\nFROM python:3.9 AS b\nENV X=2\n"
	r, err := one(t, text, Options{Target: "A", Args: map[string]string{"V": "3.13"}, Platform: "linux/amd64"})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"base: ['python:3.13']", "  X: '1'", "platform: linux/amd64"} {
		if !strings.Contains(strings.ReplaceAll(string(r.Config), "[python:3.13]", "['python:3.13']"), line) {
			t.Errorf("%q is missing in\n%s", line, r.Config)
		}
	}
	if r.Count(draft.Left) != 0 {
		t.Errorf("%+v", r.Steps)
	}
}
