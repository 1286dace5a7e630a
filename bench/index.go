package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/assemble-image/assemble/wheels/tags"
)

// wheelIndex is a package index (PEP 691) on loopback that has the wheels of a
// directory. It counts how many of them are on their way.
type wheelIndex struct {
	indexServer
	dir   string
	pages map[string][]byte // by project

	mu          sync.Mutex
	going, most int
}

// indexFile is an entry of a page.
type indexFile struct {
	Filename string            `json:"filename"`
	URL      string            `json:"url"`
	Hashes   map[string]string `json:"hashes"`
	Size     int64             `json:"size"`
}

// startIndex serves the wheels in dir. It reads each once, for its hash.
func startIndex(ctx context.Context, dir string) (*wheelIndex, error) {
	x := &wheelIndex{dir: dir}
	var err error
	if x.pages, err = indexPages(dir); err != nil {
		return nil, err
	}
	x.indexServer, err = serveIndex(ctx, x.servePage, x.serveFile)
	return x, err
}

// indexPages makes the pages for the wheels in dir.
func indexPages(dir string) (map[string][]byte, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil {
		return nil, err
	}
	files := map[string][]indexFile{}
	for _, name := range names {
		f, err := tags.ParseFilename(filepath.Base(name))
		if err != nil {
			return nil, err
		}
		fi, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		digest, err := fileDigest(name)
		if err != nil {
			return nil, err
		}
		files[f.Normalized] = append(files[f.Normalized], indexFile{
			Filename: filepath.Base(name), URL: "/files/" + filepath.Base(name),
			Hashes: map[string]string{"sha256": digest}, Size: fi.Size(),
		})
	}
	pages := map[string][]byte{}
	for project, list := range files {
		pages[project], err = json.Marshal(map[string]any{
			"meta": map[string]string{"api-version": "1.1"}, "name": project, "versions": []string{}, "files": list,
		})
		if err != nil {
			return nil, err
		}
	}
	return pages, nil
}

func (x *wheelIndex) servePage(w http.ResponseWriter, r *http.Request) {
	page, ok := x.pages[r.PathValue("project")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.pypi.simple.v1+json")
	_, _ = w.Write(page)
}

func (x *wheelIndex) serveFile(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	x.going++
	x.most = max(x.most, x.going)
	x.mu.Unlock()
	defer func() {
		x.mu.Lock()
		x.going--
		x.mu.Unlock()
	}()
	http.ServeFile(w, r, filepath.Join(x.dir, filepath.Base(r.PathValue("name"))))
}

// takeMost returns how many files were on their way at a time, at most, since
// it was asked last.
func (x *wheelIndex) takeMost() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	most := x.most
	x.most = 0
	return most
}
