package command

import (
	"fmt"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	for argv, want := range map[string]string{
		"gunicorn|main:app": "[gunicorn] [main]",
		"gunicorn|-w|4|-b|0.0.0.0:8000|--reload|pkg.main:create_app()":    "[gunicorn] [pkg.main]",
		"gunicorn|--bind=0.0.0.0:80|-k|uvicorn.workers.UvicornWorker|a.b": "[gunicorn] [a.b]",
		"gunicorn|--chdir|/srv|main:app":                                  "[gunicorn] [main] dir /srv",
		"gunicorn|-c|conf.py":                                             "[gunicorn] []",
		"uvicorn|--host|0.0.0.0|--no-access-log|main:app|--port|80":       "[uvicorn] [main]",
		"uvicorn|--app-dir|/src|main:app":                                 "[uvicorn] [main] path [/src]",
		"python|-m|app.main|--x":                                          "[python] [app.main!]",
		"python3.10|-u|-X|dev|-m|gunicorn|main:app":                       "[python3.10] [gunicorn! main]",
		"/usr/local/bin/python|-um|uvicorn|x.y:app":                       "[/usr/local/bin/python] [uvicorn! x.y]",
		"python|manage.py|runserver":                                      "[python] [] scripts [manage.py]",
		"python|-c|import x":                                              "[python] []",
		"tini|--|gunicorn|main:app":                                       "[tini gunicorn] [main]",
		"tini|-g|-p|SIGTERM|gunicorn|main:app":                            "[tini gunicorn] [main]",
		"gosu|app:app|python|-m|x":                                        "[gosu python] [x!]",
		"env|-u|A|B=c|python|-m|x":                                        "[env python] [x!]",
		"sh|-c|exec gunicorn -w 2 'main:app' && true":                     "[sh gunicorn] [main]",
		"bash|-euc|PORT=1 uvicorn main:app --port $PORT":                  "[bash uvicorn] [main]",
		"sh|-c|cd /app && x":                                              "[sh] []",
		"sh|/start.sh":                                                    "[sh /start.sh] []",
		"/bin/sh|-c|$CMD x":                                               "[/bin/sh ] []",
		"celery|-A|proj.tasks:app|worker":                                 "[celery] [proj.tasks]",
		"flask|--app=hello.py|run":                                        "[flask] [] scripts [hello.py]",
		"flask|run":                                                       "[flask] [from.env]",
		"streamlit|run|ui.py|--server.port|80":                            "[streamlit] [] scripts [ui.py]",
		"hypercorn|-b|x:1|main:app":                                       "[hypercorn] [main]",
		"timeout|5|python|-m|x":                                           "[timeout python] [x!]",
		"docker-entrypoint.sh|gunicorn|main:app":                          "[docker-entrypoint.sh] []",
		"":                                                                "[] []",
	} {
		var in []string
		if argv != "" {
			in = strings.Split(argv, "|")
		}
		s := Read(in, map[string]string{"FLASK_APP": "from.env:app"})
		var modules []string
		for _, m := range s.Modules {
			if m.Run {
				m.Name += "!"
			}
			modules = append(modules, m.Name)
		}
		got := fmt.Sprint(s.Programs, " ", modules)
		if s.Scripts != nil {
			got += fmt.Sprint(" scripts ", s.Scripts)
		}
		if s.Dir != "" {
			got += " dir " + s.Dir
		}
		if s.Path != nil {
			got += fmt.Sprint(" path ", s.Path)
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", argv, got, want)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add(`exec "a b" 'c' $d \e; f`)
	f.Fuzz(func(t *testing.T, text string) {
		total := 0
		for _, w := range Words(text) {
			total += len(w)
		}
		if total > len(text) {
			t.Fatalf("%q gives more than it has", text)
		}
		Read([]string{"sh", "-c", text}, nil)
	})
}
