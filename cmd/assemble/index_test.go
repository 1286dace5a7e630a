package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// newIndex is a package index (PEP 503) of the wheels in dir, which it reads
// at once. /links.html has links to all of them, with their hashes.
func newIndex(ts *testscript.TestScript, dir string) http.Handler {
	paths, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	ts.Check(err)
	mux := http.NewServeMux()
	pages := map[string][]string{}
	var links strings.Builder
	for _, path := range paths {
		data, err := os.ReadFile(path)
		ts.Check(err)
		name := filepath.Base(path)
		project, _, _ := strings.Cut(name, "-")
		link := fmt.Sprintf("%s#sha256=%x", name, sha256.Sum256(data))
		pages[project] = append(pages[project], link)
		fmt.Fprintf(&links, "<a href=\"files/%s\">%s</a>\n", link, name)
		mux.HandleFunc("/files/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
		})
	}
	mux.HandleFunc("/links.html", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, links.String())
	})
	for project, list := range pages {
		mux.HandleFunc("/simple/"+project+"/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for _, link := range list {
				fmt.Fprintf(w, "<a href=\"/files/%s\">a wheel</a>\n", link)
			}
		})
	}
	return mux
}
