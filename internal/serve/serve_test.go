package serve

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func start(t *testing.T, opt Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tag(t *testing.T, s *Server, ref string) name.Tag {
	t.Helper()
	r, err := name.NewTag(s.Addr + "/" + ref)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func testImage(t *testing.T) v1.Image {
	t.Helper()
	img, err := random.Image(100000, 3)
	if err != nil {
		t.Fatal(err)
	}
	return mutate.MediaType(img, types.OCIManifestSchema1)
}

// TestContentSurvives pushes, restarts, moves the tag, and pulls.
func TestContentSurvives(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "dir")
	first, second := testImage(t), testImage(t)
	s := start(t, Options{Dir: dir})
	if err := remote.Write(tag(t, s, "team/app:v1"), first); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, Options{Dir: dir})
	defer s.Close()
	for _, want := range []v1.Image{first, second} {
		if want == second {
			if err := remote.Write(tag(t, s, "team/app:v1"), second); err != nil {
				t.Fatal(err)
			}
		}
		got, err := remote.Image(tag(t, s, "team/app:v1"))
		if err != nil {
			t.Fatal(err)
		}
		wantDigest, _ := want.Digest()
		if d, _ := got.Digest(); d != wantDigest {
			t.Errorf("got %s, want %s", d, wantDigest)
		}
		if err := validate.Image(got); err != nil {
			t.Error(err)
		}
	}
}

func TestReferrers(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir()})
	defer s.Close()
	img := testImage(t)
	if err := remote.Write(tag(t, s, "app:v1"), img); err != nil {
		t.Fatal(err)
	}
	desc, err := partial.Descriptor(img)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		ref, ok := mutate.Subject(testImage(t), *desc).(v1.Image)
		if !ok {
			t.Fatal("not an image")
		}
		h, _ := ref.Digest()
		if err := remote.Write(tag(t, s, "app").Digest(h.String()), ref); err != nil {
			t.Fatal(err)
		}
	}
	idx, err := remote.Referrers(tag(t, s, "app").Digest(desc.Digest.String()))
	if err != nil {
		t.Fatal(err)
	}
	if m, err := idx.IndexManifest(); err != nil || len(m.Manifests) != 2 {
		t.Errorf("got %v, %v", m, err)
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:5000", "registry.example:5000"} {
		s, err := Start(t.Context(), Options{Dir: t.TempDir(), Address: address})
		if s != nil || !errors.Is(err, ErrNotLoopback) {
			t.Errorf("%s: %v, %v", address, s, err)
		}
	}
	for _, opt := range []Options{{Address: "localhost:0"}, {Address: "0.0.0.0:0", Public: true}} {
		opt.Dir = t.TempDir()
		if err := start(t, opt).Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	busy := start(t, Options{Dir: t.TempDir()})
	defer busy.Close()
	for name, opt := range map[string]Options{
		"no directory":      {},
		"a file":            {Dir: file},
		"not an address":    {Dir: t.TempDir(), Address: "localhost"},
		"an address in use": {Dir: t.TempDir(), Address: busy.Addr},
	} {
		if s, err := Start(t.Context(), opt); err == nil || s != nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

// TestRunEnds ends a registry with a request under way.
func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	addr, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- Run(ctx, Options{Dir: t.TempDir()}, func(a string) { addr <- a }) }()
	resp, err := http.Get("http://" + <-addr + "/v2/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("still running")
	}
}

// TestQuiet holds that the registry writes to nothing but its log: a program's
// standard output carries results only.
func TestQuiet(t *testing.T) {
	stdout, stderr := os.Stdout, os.Stderr
	defer func() { os.Stdout, os.Stderr = stdout, stderr }()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	os.Stdout, os.Stderr = file, file
	s := start(t, Options{Dir: t.TempDir()})
	if err := remote.Write(tag(t, s, "app:v1"), testImage(t)); err != nil {
		t.Error(err)
	}
	resp, err := http.Get("http://" + s.Addr + "/v2/app/manifests/none")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(file.Name()); err != nil || len(b) != 0 {
		t.Errorf("it says %q, %v", b, err)
	}
}

// TestRequests holds that each request is told with its answer, and why the
// registry has failed where it has.
func TestRequests(t *testing.T) {
	var mu sync.Mutex
	var told []Request
	dir := filepath.Join(t.TempDir(), "store")
	s := start(t, Options{Dir: dir, Requests: func(r Request) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, r)
	}})
	get := func(method, path string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.Addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	get("GET", "/v2/")
	get("GET", "/v2/app/manifests/none")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o644); err != nil { // a file in the store's place
		t.Fatal(err)
	}
	get("POST", "/v2/app/blobs/uploads/")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := []Request{
		{Method: "GET", Path: "/v2/", Status: 200, Sent: 2},
		{Method: "GET", Path: "/v2/app/manifests/none", Status: 404},
		{Method: "POST", Path: "/v2/app/blobs/uploads/", Status: 500},
	}
	if len(told) != len(want) {
		t.Fatalf("told of %+v", told)
	}
	for i, w := range want {
		got := told[i]
		if got.Method != w.Method || got.Path != w.Path || got.Status != w.Status || got.Elapsed <= 0 {
			t.Errorf("told of %+v, want %+v", got, w)
		}
	}
	if told[0].Sent != 2 || told[0].Failure != "" || told[1].Failure != "" {
		t.Errorf("told of %+v", told[:2])
	}
	if !strings.Contains(told[2].Failure, "errors") || len(told[2].Failure) > maxFailure {
		t.Errorf("the failure says %q", told[2].Failure)
	}
}
