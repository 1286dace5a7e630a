package main

import (
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// serveFiles is files DIR: it serves the directory at $FILES, and with a password
// at $SECRETFILES.
func serveFiles(ts *testscript.TestScript, _ bool, args []string) {
	files := http.FileServer(http.Dir(ts.MkAbs(args[0])))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/private/") {
			if user, password, _ := r.BasicAuth(); user != "user" || password != "hushhush" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			r.URL.Path = strings.TrimPrefix(r.URL.Path, "/private")
		}
		files.ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	ts.Setenv("FILES", server.URL)
	ts.Setenv("SECRETFILES", strings.Replace(server.URL, "://", "://user:hushhush@", 1)+"/private")
}
