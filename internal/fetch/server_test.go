package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// server is an in-process index with files that fail as they are told.
type server struct {
	*httptest.Server
	mux   *http.ServeMux
	files map[string][]byte

	mu      sync.Mutex
	log     []string // "name range"
	faults  map[string][]http.HandlerFunc
	going   int
	most    int
	between func() // runs while a file is being served
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{mux: http.NewServeMux(), files: map[string][]byte{}, faults: map[string][]http.HandlerFunc{}}
	s.mux.HandleFunc("/files/{name}", s.serveFile)
	s.Server = httptest.NewServer(s.mux)
	t.Cleanup(s.Close)
	return s
}

func (s *server) serveFile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	s.mu.Lock()
	s.log = append(s.log, strings.TrimSpace(name+" "+r.Header.Get("Range")))
	s.going++
	s.most = max(s.most, s.going)
	var fault http.HandlerFunc
	if list := s.faults[name]; len(list) > 0 {
		fault, s.faults[name] = list[0], list[1:]
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.going--
		s.mu.Unlock()
	}()
	if s.between != nil {
		s.between()
	}
	if fault != nil {
		fault(w, r)
		return
	}
	b, ok := s.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", `"`+digestOf(b)[:8]+`"`)
	http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(b))
}

// requests returns the log and empties it.
func (s *server) requests() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := strings.Join(s.log, ", ")
	s.log = nil
	return log
}

// page lists files of a project: "name" alone, or "name|more JSON".
func (s *server) page(project string, files ...string) {
	list := make([]string, len(files))
	for i, f := range files {
		name, more, _ := strings.Cut(f, "|")
		if more == "" {
			more = fmt.Sprintf(`,"hashes":{"sha256":%q},"size":%d`, digestOf(s.files[name]), len(s.files[name]))
		}
		list[i] = fmt.Sprintf(`{"filename":%q,"url":"/files/%s"%s}`, name, name, more)
	}
	s.mux.HandleFunc("/simple/"+project+"/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.pypi.simple.v1+json")
		fmt.Fprintf(w, `{"meta":{"api-version":"1.1"},"files":[%s]}`, strings.Join(list, ","))
	})
}

// fault makes the next requests for a file fail, one each.
func (s *server) fault(name string, faults ...http.HandlerFunc) { s.faults[name] = faults }

// short sends n bytes of the file and breaks off.
func (s *server) short(name string, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := s.files[name]
		w.Header().Set("ETag", `"`+digestOf(b)[:8]+`"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		_, _ = w.Write(b[:n])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// noise returns n bytes that differ by name.
func noise(name string, n int) []byte {
	b := make([]byte, n)
	seed := sha256.Sum256([]byte(name))
	_, _ = rand.NewChaCha8(seed).Read(b)
	return b
}

// run is what a test needs to fetch.
type run struct {
	opt   Options
	mu    sync.Mutex
	notes []string
	peak  map[string]int64 // the greatest Done of each file
}

func newRun(t *testing.T, iopt index.Options, servers ...*server) *run {
	t.Helper()
	for _, s := range servers {
		iopt.URLs = append(iopt.URLs, s.URL+"/simple")
	}
	if iopt.Backoff == 0 {
		iopt.Backoff = time.Millisecond
	}
	c, err := index.New(iopt)
	if err != nil {
		t.Fatal(err)
	}
	ladder, err := tags.Supported(tags.Target{Python: "3.10.19", Machine: "aarch64", Glibc: "2.36"})
	if err != nil {
		t.Fatal(err)
	}
	r := &run{peak: map[string]int64{}}
	r.opt = Options{Index: c, Dir: filepath.Join(t.TempDir(), "wheelhouse"), Ladder: ladder, Progress: func(e Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if e.Kind == EventNote {
			r.notes = append(r.notes, e.Note)
		}
		r.peak[e.File] = max(r.peak[e.File], e.Done)
	}}
	return r
}

func (r *run) fetch(pins ...requirements.Pin) ([]Fetched, error) {
	return Wheels(context.Background(), pins, r.opt)
}

// pin pins a project to the digests of contents.
func pin(t *testing.T, name, version string, contents ...[]byte) requirements.Pin {
	t.Helper()
	v, err := pep440.Parse(version)
	if err != nil {
		t.Fatal(err)
	}
	p := requirements.Pin{Name: name, Normalized: pep508.NormalizeName(name), Version: v, VersionText: version, File: "lock.txt", Line: 7}
	for _, b := range contents {
		p.Hashes = append(p.Hashes, "sha256:"+digestOf(b))
	}
	return p
}

// wheelhouse returns the digests of what is in the wheelhouse, hidden files included.
func (r *run) wheelhouse(t *testing.T) map[string]string {
	t.Helper()
	list, err := os.ReadDir(r.opt.Dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(r.opt.Dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[e.Name()] = digestOf(b)
	}
	return got
}
