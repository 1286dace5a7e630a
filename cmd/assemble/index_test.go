package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// newIndex is a package index (PEP 503) of the wheels in dir, which it reads
// at once.
func newIndex(ts *testscript.TestScript, dir string) http.Handler {
	paths, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	ts.Check(err)
	mux := http.NewServeMux()
	pages := map[string][]string{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		ts.Check(err)
		name := filepath.Base(path)
		project, _, _ := strings.Cut(name, "-")
		pages[project] = append(pages[project], name)
		mux.HandleFunc("/files/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
		})
	}
	for project, names := range pages {
		mux.HandleFunc("/simple/"+project+"/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for _, name := range names {
				fmt.Fprintf(w, "<a href=\"/files/%s\">%s</a>\n", name, name)
			}
		})
	}
	return mux
}
