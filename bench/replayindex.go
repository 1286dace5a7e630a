package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels/tags"
)

const jsonPage = "application/vnd.pypi.simple.v1+json"

// replayIndex is a package index on loopback that answers as a real one did:
// what is asked for first comes from there, and is kept in a directory. So both
// contenders get the same pages, whenever they ask, and the network has no part
// in what they take. It serves METADATA as files of their own (PEP 658) and
// permits that pages are kept for ten minutes, as the large public index does.
type replayIndex struct {
	indexServer
	upstream *url.URL
	dir      string
	client   *index.Client

	mu    sync.Mutex
	known map[string]bool       // projects whose page was read
	files map[string]index.File // of these, by name
}

// startReplay serves what dir keeps of the index at upstream.
func startReplay(ctx context.Context, upstream, dir string) (*replayIndex, error) {
	u, err := url.Parse(strings.TrimSuffix(upstream, "/") + "/")
	if err != nil {
		return nil, errors.New("starting the index: its URL can't be parsed")
	}
	x := &replayIndex{upstream: u, dir: dir, known: map[string]bool{}, files: map[string]index.File{}}
	if x.client, err = index.New(index.Options{URLs: []string{upstream}}); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	x.indexServer, err = serveIndex(ctx, x.servePage, x.serveMetadata)
	return x, err
}

// servePage serves a project's page, compressed.
func (x *replayIndex) servePage(w http.ResponseWriter, r *http.Request) {
	project := r.PathValue("project")
	page, err := x.kept(r.Context(), project+".json.gz", func(ctx context.Context) ([]byte, error) { return x.record(ctx, project) })
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if len(page) == 0 {
		http.NotFound(w, r)
		return
	}
	if err := x.readPage(project, page); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256(page)
	h := w.Header()
	h.Set("Content-Type", jsonPage)
	h.Set("Content-Encoding", "gzip")
	h.Set("Cache-Control", "max-age=600, public")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
}

// serveMetadata serves the METADATA of a wheel.
func (x *replayIndex) serveMetadata(w http.ResponseWriter, r *http.Request) {
	wheel, ok := strings.CutSuffix(r.PathValue("name"), ".metadata")
	x.mu.Lock()
	f, known := x.files[wheel]
	x.mu.Unlock()
	if !ok || !known {
		http.NotFound(w, r)
		return
	}
	b, err := x.kept(r.Context(), wheel+".metadata", func(ctx context.Context) ([]byte, error) { return x.client.Metadata(ctx, f) })
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Cache-Control", "max-age=365000000, immutable, public")
	_, _ = w.Write(b)
}

// kept returns a file of the directory, made by f where it isn't there.
func (x *replayIndex) kept(ctx context.Context, name string, f func(context.Context) ([]byte, error)) ([]byte, error) {
	file := filepath.Join(x.dir, filepath.Base(name))
	b, err := os.ReadFile(file)
	if !errors.Is(err, os.ErrNotExist) {
		return b, err
	}
	if b, err = f(ctx); err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(x.dir, ".new-")
	if err != nil {
		return nil, err
	}
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return nil, err
	}
	return b, os.Rename(tmp.Name(), file)
}

// record gets a page from upstream, compressed; nil where there is none.
func (x *replayIndex) record(ctx context.Context, project string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, x.upstream.JoinPath(project+"/").String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", jsonPage)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return nil, nil
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("recording %q: HTTP %d", project, resp.StatusCode)
	}
	var page map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		return nil, fmt.Errorf("recording %q: %w", project, err)
	}
	if err := rewrite(page, resp.Request.URL); err != nil {
		return nil, fmt.Errorf("recording %q: %w", project, err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	e := json.NewEncoder(z)
	e.SetEscapeHTML(false) // nobody else does
	if err = errors.Join(e.Encode(page), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// rewrite makes a page's links lead to this server, with METADATA beside each
// wheel; where a file really is goes into a field that nobody else looks at.
func rewrite(page map[string]any, base *url.URL) error {
	files, _ := page["files"].([]any)
	for _, f := range files {
		file, _ := f.(map[string]any)
		address, _ := file["url"].(string)
		name, _ := file["filename"].(string)
		u, err := base.Parse(address)
		if err != nil || name == "" {
			return fmt.Errorf("a file of the page has no proper name and URL: %q", name)
		}
		file["_upstream"], file["url"] = u.String(), "/files/"+url.PathEscape(name)
		if _, known := file["core-metadata"]; !known && path.Ext(name) == ".whl" {
			file["core-metadata"], file["data-dist-info-metadata"] = true, true
		}
	}
	return nil
}

// readPage notes where the files of a page are.
func (x *replayIndex) readPage(project string, page []byte) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.known[project] {
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(page))
	if err != nil {
		return err
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	var p struct {
		Files []struct {
			Filename string       `json:"filename"`
			Upstream string       `json:"_upstream"`
			Hashes   index.Hashes `json:"hashes"`
			Size     int64        `json:"size"`
		} `json:"files"`
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	x.known[project] = true
	for _, f := range p.Files {
		if wheel, err := tags.ParseFilename(f.Filename); err == nil {
			x.files[f.Filename] = index.File{Filename: f.Filename, URL: f.Upstream, Hashes: f.Hashes, Size: f.Size, HasMetadata: true, Wheel: &wheel}
		}
	}
	return nil
}

// serveVerb serves a recorded index until it is interrupted, to try things out.
func serveVerb(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: bench serve URL DIR")
	}
	x, err := startReplay(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	fmt.Println(x.url)
	<-ctx.Done()
	return x.stop()
}
