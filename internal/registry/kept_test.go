package registry

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// shelf is a Store in memory.
type shelf struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (s *shelf) Get(kind, key string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.m[kind+" "+key]
	return b, ok
}

func (s *shelf) Put(kind, key string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.m[kind+" "+key] = data
	return nil
}

// TestKept reads an image a second time, with a client of a later run.
func TestKept(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, f *faulty, s *shelf)
		want   string // the requests for manifests and configs
	}{
		{"nothing changed", nil, "HEAD"},
		{"the tag moved", func(t *testing.T, f *faulty, _ *shelf) {
			t.Helper()
			if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 200, 1)); err != nil {
				t.Fatal(err)
			}
		}, "HEAD GET GET"},
		{"HEAD is refused", func(_ *testing.T, f *faulty, _ *shelf) {
			f.script(times(always, "HEAD", "", status(405)))
		}, "HEAD GET"},
		{"HEAD names no digest", func(_ *testing.T, f *faulty, _ *shelf) {
			f.script(times(always, "HEAD", "", status(http.StatusOK)))
		}, "HEAD GET"},
		{"records were altered", func(_ *testing.T, _ *faulty, s *shelf) {
			for k, b := range s.m {
				if !strings.HasPrefix(k, kindReference) {
					s.m[k] = []byte(strings.Replace(string(b), "sha256", "sha257", 1) + " ")
				}
			}
		}, "GET GET"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, s := newFaulty(t), &shelf{m: map[string][]byte{}}
			read := func() v1.Image {
				img, _, err := quick(Options{Store: s}).Image(t.Context(), f.repo(t, "app").Tag("v1").Name(), v1.Platform{})
				if err != nil {
					t.Fatal(err)
				}
				return img
			}
			if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 100, 1)); err != nil {
				t.Fatal(err)
			}
			read()
			if tt.change != nil {
				tt.change(t, f, s)
			}
			f.forget()
			img := read()
			var got []string
			for _, r := range f.requests() {
				if method, path, _ := strings.Cut(r, " "); path != "/v2/" {
					got = append(got, method)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("asked %v, want %s", f.requests(), tt.want)
			}
			if err := validate.Image(img); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestKeptIsAsked: what is kept of an image doesn't stand for a registry that
// no longer gives it out.
func TestKeptIsAsked(t *testing.T) {
	f, s := newFaulty(t), &shelf{m: map[string][]byte{}}
	d, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 100, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{http.StatusOK, http.StatusNotFound, http.StatusForbidden} {
		if code != http.StatusOK {
			f.script(times(always, "HEAD", "/manifests/", status(code)), times(always, "GET", "/manifests/", status(code)))
		}
		_, _, err := quick(Options{Store: s}).Image(t.Context(), d.Name(), v1.Platform{})
		if (err == nil) != (code == http.StatusOK) {
			t.Errorf("%d: %v", code, err)
		}
	}
}
