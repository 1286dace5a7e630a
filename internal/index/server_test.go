package index

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is an in-process index that answers as it is told and keeps a log.
type server struct {
	*httptest.Server
	mux *http.ServeMux

	mu   sync.Mutex
	log  []string
	auth map[string]bool // the Authorization headers seen
}

func newServer(t *testing.T) *server { return startServer(t, httptest.NewServer) }

func startServer(t *testing.T, start func(http.Handler) *httptest.Server) *server {
	t.Helper()
	s := &server{mux: http.NewServeMux(), auth: map[string]bool{}}
	s.Server = start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.log = append(s.log, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
		s.auth[r.Header.Get("Authorization")] = true
		s.mu.Unlock()
		s.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// requests returns the log and empties it.
func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

// serve answers a path with a content type and a body.
func (s *server) serve(path, kind, body string) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		fmt.Fprint(w, body)
	})
}

// page answers for a project with JSON.
func (s *server) page(project string, files ...string) {
	s.serve("/simple/"+project+"/", typeJSON, `{"meta":{"api-version":"1.1"},"name":"`+project+`","files":[`+strings.Join(files, ",")+`]}`)
}

// newTestClient returns a client that loses no time.
func newTestClient(t *testing.T, opt Options, servers ...*server) *Client {
	t.Helper()
	for _, s := range servers {
		opt.URLs = append(opt.URLs, s.URL+"/simple")
	}
	if opt.Backoff == 0 {
		opt.Backoff = time.Millisecond
	}
	c, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mapStore is a cache in memory.
type mapStore struct {
	mu sync.Mutex
	m  map[string][]byte
}

func newMapStore() *mapStore { return &mapStore{m: map[string][]byte{}} }

func (m *mapStore) Get(kind, key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.m[kind+"/"+key]
	return b, ok
}

func (m *mapStore) Put(kind, key string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.m[kind+"/"+key] = bytes.Clone(data)
	return nil
}

func filenames(p *Project) string {
	list := make([]string, len(p.Files))
	for i, f := range p.Files {
		list[i] = f.Filename
	}
	return strings.Join(list, " ")
}

func mustProject(t *testing.T, c *Client, name string) *Project {
	t.Helper()
	p, err := c.Project(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
