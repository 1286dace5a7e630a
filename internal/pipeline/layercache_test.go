package pipeline_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/wheeltest"
)

// runner is a machine that has nothing but lock, config and app; the wheels are
// at a place that it may fetch them from, where it has one.
type runner struct {
	*flow
	addr   string // of the way to the registry
	answer atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
	links  string // where wheels are
}

func newRunner(t *testing.T) *runner {
	t.Helper()
	r := &runner{flow: newFlow(t)}
	inner := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: r.other})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if f := r.answer.Load(); f != nil && (*f)(w, req) {
			return
		}
		inner.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	r.addr = strings.TrimPrefix(server.URL, "http://")
	r.links = filepath.Join(r.dir, "links")
	must(t, os.Mkdir(r.links, 0o755))
	r.lock(t, "1.0")
	return r
}

// lock writes two wheels of a kind, large enough for layers of their own, a
// small one of that version, and a lock of the three.
func (r *runner) lock(t *testing.T, small string) {
	t.Helper()
	var pins strings.Builder
	for _, w := range []wheeltest.Wheel{
		{Name: "torch", Version: "2.0", Files: []wheeltest.File{{Name: "torch/data.bin", Data: noise(2 << 20)}, {Name: "shared/both.py", Data: []byte("1\n")}}},
		{Name: "jax", Version: "3.0", Files: []wheeltest.File{{Name: "jax/data.bin", Data: noise(3 << 20)}, {Name: "shared/both.py", Data: []byte("2\n")}}},
		{Name: "small", Version: small, Files: []wheeltest.File{{Name: "small.py", Data: []byte("v = '" + small + "'\n")}}},
	} {
		data := w.Bytes()
		wheeltest.WriteFile(t, r.links, w.Filename(), data)
		fmt.Fprintf(&pins, "%s==%s --hash=sha256:%x\n", w.Name, w.Version, sha256.Sum256(data))
	}
	wheeltest.WriteFile(t, r.dir, "requirements.lock", []byte(pins.String()))
}

// noise doesn't compress.
func noise(n int) []byte {
	b := make([]byte, 0, n+sha256.Size)
	for sum := sha256.Sum256([]byte(fmt.Sprint(n))); len(b) < n; sum = sha256.Sum256(sum[:]) {
		b = append(b, sum[:]...)
	}
	return b[:n]
}

// options alter a push of an empty runner.
type options struct {
	config  string // more of it
	noWheel bool   // there is no place to fetch wheels from
	verify  bool
	cache   string // a cache that is there, instead of an empty one
}

// pipeline is that of a machine with an empty cache and an empty wheelhouse.
func (r *runner) pipeline(t *testing.T, opt options) *pipeline.Pipeline {
	t.Helper()
	text := fmt.Sprintf("base: %s/library/python:3.10\nlock: requirements.lock\nwheelhouse: %q\napp: [{from: src, to: /app}]\n%s\n",
		r.home, t.TempDir(), opt.config)
	if !opt.noWheel {
		text += fmt.Sprintf("find_links: [%q]\n", r.links)
	}
	wheeltest.WriteFile(t, r.dir, "assemble.yaml", []byte(text))
	cfg, err := config.Load(filepath.Join(r.dir, "assemble.yaml"))
	must(t, err)
	must(t, cfg.Validate())
	if opt.cache == "" {
		opt.cache = t.TempDir()
	}
	c, err := cache.Open(opt.cache, cache.Options{})
	must(t, err)
	p := pipeline.New(cfg, pipeline.Options{Cache: c, NoIndex: true, Registry: registry.New(registry.Options{Backoff: time.Millisecond})})
	t.Cleanup(func() { must(t, p.Close()) })
	return p
}

// push pushes on a machine with an empty cache and an empty wheelhouse.
func (r *runner) push(t *testing.T, target string, opt options) (*pipeline.Result, error) {
	t.Helper()
	p := r.pipeline(t, opt)
	ref, err := name.ParseReference(target)
	must(t, err)
	result, err := p.Push(t.Context(), ref, pipeline.PushOptions{Smoke: pipeline.SmokeOptions{Mode: pipeline.SmokeOff}, VerifyLayers: opt.verify})
	if err != nil {
		return nil, err
	}
	r.answer.Store(nil)
	got, err := remote.Image(ref)
	must(t, err)
	if err := validate.Image(got); err != nil {
		t.Errorf("what was tagged: %v", err)
	}
	return result, nil
}

// from returns where the layers come from: the image, or "" for this machine.
func from(r *pipeline.Result) map[string]bool {
	taken := map[string]bool{}
	for _, l := range r.Layers {
		taken[l.Name] = l.From != ""
	}
	return taken
}

func hasNote(r *pipeline.Result, text string) bool {
	return slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, text) })
}

func (r *runner) layer(t *testing.T, result *pipeline.Result, name string) pipeline.ResultLayer {
	t.Helper()
	for _, l := range result.Layers {
		if strings.HasPrefix(l.Name, name) {
			return l
		}
	}
	t.Fatalf("there is no layer %q", name)
	return pipeline.ResultLayer{}
}

// TestEmptyRunner holds that a runner without cache and wheels makes the very
// image that one with everything makes, and reads neither wheels nor layers of
// the base, signed or not.
func TestEmptyRunner(t *testing.T) {
	for _, signed := range []bool{false, true} {
		t.Run(fmt.Sprintf("signed=%t", signed), func(t *testing.T) {
			r := newRunner(t)
			more := ""
			if signed {
				more = "sign: {key: cosign.key}"
			}
			target := r.addr + "/team/app:1"
			_, err := r.push(t, target, options{config: more})
			must(t, err)
			wheeltest.WriteFile(t, filepath.Join(r.dir, "src"), "main.py", []byte("import torch\n"))
			got, err := r.push(t, target, options{config: more, noWheel: true})
			must(t, err)
			want, err := r.push(t, r.addr+"/team/else:1", options{config: more})
			must(t, err)
			if got.Digest != want.Digest {
				t.Errorf("%s from the registry, %s from wheels", got.Digest, want.Digest)
			}
			taken := from(got)
			if len(taken) != 4 || taken["src → /app"] || !taken["torch 2.0"] || !taken["jax 3.0"] {
				t.Errorf("taken: %v", taken)
			}
			if signed {
				must(t, r.verify(t.Context(), target))
			}
		})
	}
}

// TestChangedWheel: of a lock in which one wheel is new, only that is fetched,
// and the image is the one that all wheels make.
func TestChangedWheel(t *testing.T) {
	r := newRunner(t)
	target := r.addr + "/team/app:1"
	_, err := r.push(t, target, options{})
	must(t, err)
	r.lock(t, "2.0")
	want, err := r.push(t, r.addr+"/team/else:1", options{})
	must(t, err)
	for _, old := range []string{"torch", "jax"} {
		files, err := filepath.Glob(filepath.Join(r.links, old+"*"))
		must(t, err)
		for _, f := range files {
			must(t, os.Remove(f))
		}
	}
	got, err := r.push(t, target, options{})
	must(t, err)
	if got.Digest != want.Digest {
		t.Errorf("%s from the registry, %s from wheels", got.Digest, want.Digest)
	}
	if taken := from(got); !taken["torch 2.0"] || !taken["jax 3.0"] || taken["small 2.0"] {
		t.Errorf("taken: %v", taken)
	}
}

// TestRepair: what the record says of the registry isn't so. That is said, and
// the layer is packed from its wheel.
func TestRepair(t *testing.T) {
	for name, lose := range map[string]func(w http.ResponseWriter, req *http.Request) bool{
		"blob gone": func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusNotFound)
			return true
		},
		"other size": func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method != http.MethodHead {
				return false
			}
			w.Header().Set("Content-Length", "17")
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t)
			target := r.addr + "/team/app:1"
			first, err := r.push(t, target, options{})
			must(t, err)
			lost := r.layer(t, first, "torch").Digest
			var put atomic.Bool
			answer := func(w http.ResponseWriter, req *http.Request) bool {
				if req.Method == http.MethodPut && req.URL.Query().Get("digest") == lost {
					put.Store(true)
				}
				if put.Load() || !strings.Contains(req.URL.Path, lost) {
					return false
				}
				return lose(w, req)
			}
			r.answer.Store(&answer)
			wheeltest.WriteFile(t, filepath.Join(r.dir, "src"), "main.py", []byte("import torch\n"))
			got, err := r.push(t, target, options{})
			must(t, err)
			if taken := from(got); taken["torch 2.0"] || !taken["jax 3.0"] {
				t.Errorf("taken: %v", taken)
			}
			if !hasNote(got, `layer "torch 2.0" isn't taken from`) {
				t.Errorf("notes: %q", got.Notes)
			}
		})
	}
}

// TestVerifyLayers: every layer is packed anew, and none is taken.
func TestVerifyLayers(t *testing.T) {
	r := newRunner(t)
	target, dir := r.addr+"/team/app:1", t.TempDir()
	first, err := r.push(t, target, options{cache: dir})
	must(t, err)
	got, err := r.push(t, target, options{cache: dir, verify: true})
	must(t, err)
	if got.Digest != first.Digest {
		t.Errorf("%s, first %s", got.Digest, first.Digest)
	}
	for _, l := range got.Layers {
		if l.From != "" || l.Cached {
			t.Errorf("layer %q: from %q, cached %t", l.Name, l.From, l.Cached)
		}
	}
}

// TestFailingCache: whatever a cache answers, the push is made.
func TestFailingCache(t *testing.T) {
	r := newRunner(t)
	_, err := r.push(t, r.addr+"/cache/app:1", options{})
	must(t, err)
	for name, answer := range map[string]func(http.ResponseWriter){
		"401": func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) },
		"429": func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) },
		"404": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
		"half a body": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write(make([]byte, 500))
		},
	} {
		t.Run(name, func(t *testing.T) {
			cached := func(w http.ResponseWriter, req *http.Request) bool {
				if !strings.Contains(req.URL.Path, "/v2/cache/") {
					return false
				}
				answer(w)
				return true
			}
			r.answer.Store(&cached)
			config := fmt.Sprintf("layer_cache: [%s/cache/app:1]\nlayer_cache_insecure: true", r.addr)
			got, err := r.push(t, r.addr+"/team/"+strings.ReplaceAll(name, " ", "-")+":1", options{config: config})
			must(t, err)
			if !hasNote(got, "/cache/app:1 isn't used as a layer cache") {
				t.Errorf("notes: %q", got.Notes)
			}
		})
	}
}
