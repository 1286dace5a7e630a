package fetch

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// store counts what the cache is asked for.
type store struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (s *store) Get(kind, key string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.m[kind+key]
	return b, ok
}

func (s *store) Put(kind, key string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.m[kind+key] = data
	return nil
}

func TestHashesAreRememberedByTheFilesIdentity(t *testing.T) {
	s := newServer(t)
	s.files[pure] = noise(pure, 10)
	s.page("demo", pure)
	r := newRun(t, index.Options{}, s)
	cache := &store{m: map[string][]byte{}}
	r.opt.Cache = cache
	p := pin(t, "demo", "1.0", s.files[pure])
	if _, err := r.fetch(p); err != nil {
		t.Fatal(err)
	}
	if len(cache.m) != 1 {
		t.Fatalf("the cache has %q", cache.m)
	}
	// A file that was altered is no longer the one that was hashed.
	path := filepath.Join(r.opt.Dir, pure)
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.fetch(p); err != nil {
		t.Fatal(err)
	}
	altered := digestOf([]byte("0123456789"))
	aside := pure + ".set-aside-" + altered[:12]
	if diff := cmp.Diff(map[string]string{pure: digestOf(s.files[pure]), aside: altered}, r.wheelhouse(t)); diff != "" {
		t.Error(diff)
	}
	if len(r.notes) != 2 || !strings.Contains(r.notes[0], "in the wheelhouse: ") || !strings.Contains(r.notes[1], aside) {
		t.Errorf("notes: %q", r.notes)
	}
	// The cache is believed while the file's identity is the same.
	for k := range cache.m {
		cache.m[k] = []byte(digestOf([]byte("another")))
	}
	s.requests()
	if _, err := r.fetch(p); err != nil || s.requests() != pure {
		t.Errorf("the cache was not asked: %v", err)
	}
}

func TestCancelLeavesPartsOnly(t *testing.T) {
	s := newServer(t)
	s.files[pure] = noise(pure, 1<<20)
	s.page("demo", pure)
	ctx, cancel := context.WithCancel(context.Background())
	s.fault(pure, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(s.files[pure][:1<<19])
		_ = http.NewResponseController(w).Flush()
		time.Sleep(50 * time.Millisecond)
		cancel()
		<-r.Context().Done()
	})
	r := newRun(t, index.Options{}, s)
	p := pin(t, "demo", "1.0", s.files[pure])
	if _, err := Wheels(ctx, []requirements.Pin{p}, r.opt); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	for name := range r.wheelhouse(t) {
		if !strings.HasPrefix(name, partPrefix) {
			t.Errorf("%q was left", name)
		}
	}
	s.requests()
	got, err := r.fetch(p)
	if err != nil || got[0].Received >= 1<<20 || !strings.Contains(s.requests(), "bytes=") {
		t.Errorf("the next run: %+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{pure}, slices.Sorted(maps.Keys(r.wheelhouse(t)))); diff != "" {
		t.Error(diff)
	}
}

func TestPartsThatAreNoBeginningAreReplaced(t *testing.T) {
	body := noise(pure, 1000)
	for name, left := range map[string][]byte{
		"longer":         append(slices.Clone(body), "more"...),
		"longer, other":  noise("other", 1500),
		"as long, other": noise("other", 1000),
		"shorter, other": noise("other", 500),
		"whole":          body,
		"a beginning":    body[:10],
		"empty":          nil,
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.files[pure] = body
			s.page("demo", pure)
			r := newRun(t, index.Options{}, s)
			f, err := newFetcher(r.opt)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(f.partPath(pure, []string{"sha256:" + digestOf(body)}), left, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := r.fetch(pin(t, "demo", "1.0", body)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{pure: digestOf(body)}, r.wheelhouse(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
