package pipeline

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/trust"
	"github.com/assemble-image/assemble/layers"
)

// recorder is a registry that remembers what it was asked, and answers as
// Refuse wants where that is not 0.
type recorder struct {
	Refuse func(r *http.Request) int
	host   string

	mu   sync.Mutex
	seen []string
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	rec := &recorder{Refuse: func(*http.Request) int { return 0 }}
	inner := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec.mu.Lock()
		rec.seen = append(rec.seen, r.Method+" "+r.URL.Path)
		rec.mu.Unlock()
		if code := rec.Refuse(r); code != 0 {
			w.WriteHeader(code)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	rec.host = strings.TrimPrefix(server.URL, "http://")
	return rec
}

// index is the first request that begins and ends so, -1 if there is none.
func (r *recorder) index(begin, end string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.IndexFunc(r.seen, func(s string) bool { return strings.HasPrefix(s, begin) && strings.HasSuffix(s, end) })
}

func (r *recorder) tag(t *testing.T) name.Tag {
	t.Helper()
	tag, err := name.NewTag(r.host + "/team/app:1")
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

// stageProject is a config on the embedded base with an app, signed where
// keyed is true; the events of its pipeline end up in the list.
func stageProject(t *testing.T, keyed bool, change ...func(*config.Config)) (*Pipeline, *[]report.Event) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("main.py", "print('hello')\n")
	text := "base: 'embedded:'\nplatform: linux/arm64\napp: [{from: main.py, to: /app/main.py}]\nentrypoint: [python3, /app/main.py]\n"
	if keyed {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
		text += "sign: {key: key.pem}\n"
	}
	write("assemble.yaml", text)
	write("empty.txt", "")
	cfg, err := config.Load(filepath.Join(dir, "assemble.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Set("lock", dir, "empty.txt"); err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := cache.Open(filepath.Join(dir, "cache"), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	events := &[]report.Event{}
	p := New(cfg, Options{Cache: c, Progress: func(e report.Event) {
		mu.Lock()
		defer mu.Unlock()
		*events = append(*events, e)
	}})
	t.Cleanup(func() { _ = errors.Join(p.Close(), c.Close()) })
	return p, events
}

var off = PushOptions{Smoke: SmokeOptions{Mode: SmokeOff}}

// A push puts blobs before the manifest, the manifest by its digest before the
// signature, and the tag last.
func TestPushOrder(t *testing.T) {
	rec := newRecorder(t)
	p, events := stageProject(t, true)
	result, err := p.Push(t.Context(), rec.tag(t), off)
	if err != nil {
		t.Fatal(err)
	}
	blob := rec.index("PUT /v2/team/app/blobs/", "")
	manifest := rec.index("PUT /v2/team/app/manifests/", result.Digest)
	signature := rec.index("PUT /v2/team/app/manifests/", result.Signature)
	tag := rec.index("PUT /v2/team/app/manifests/", "/1")
	if blob < 0 || manifest < blob || signature < manifest || tag < signature || tag != len(rec.seen)-1 {
		t.Errorf("blob %d, manifest %d, signature %d, tag %d of %d:\n%s", blob, manifest, signature, tag, len(rec.seen), strings.Join(rec.seen, "\n"))
	}
	var ended []report.Stage
	for _, e := range *events {
		if e.End {
			ended = append(ended, e.Stage)
		}
	}
	want := []report.Stage{report.StageBase, report.StageWheels, report.StageCheck, report.StageLayers, report.StagePush, report.StageSmoke, report.StageSign, report.StageRecord, report.StageTag}
	if !slices.Equal(ended, want) {
		t.Errorf("stages %q, want %q", ended, want)
	}
}

// Whatever fails before the tag leaves the image without one, and says so.
func TestPushFailuresLeaveNoTag(t *testing.T) {
	manifests := func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/")
	}
	for what, refuse := range map[string]func(r *http.Request) int{
		"blobs": func(r *http.Request) int {
			if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/blobs/") {
				return http.StatusForbidden
			}
			return 0
		},
		"manifest": func(r *http.Request) int {
			if manifests(r) {
				return http.StatusBadRequest
			}
			return 0
		},
	} {
		t.Run(what, func(t *testing.T) {
			rec := newRecorder(t)
			rec.Refuse = refuse
			p, _ := stageProject(t, true)
			_, err := p.Push(t.Context(), rec.tag(t), off)
			var untagged *UntaggedError
			if !errors.As(err, &untagged) {
				t.Errorf("got %v", err)
			}
			if rec.index("PUT /v2/team/app/manifests/", "/1") >= 0 {
				t.Error("it was tagged")
			}
		})
	}
	t.Run("smoke", func(t *testing.T) {
		rec := newRecorder(t)
		p, _ := stageProject(t, true, func(c *config.Config) { c.Smoke.Command = []string{"true"} })
		_, err := p.Push(t.Context(), rec.tag(t), PushOptions{Smoke: SmokeOptions{Mode: SmokeRequire, Containerd: filepath.Join(t.TempDir(), "none.sock")}})
		if err == nil || rec.index("PUT /v2/team/app/manifests/", "/1") >= 0 || rec.index("PUT /v2/team/app/manifests/sha256:", "") < 0 {
			t.Errorf("got %v after\n%s", err, strings.Join(rec.seen, "\n"))
		}
	})
}

// A registry that refuses the push ends it in its own words, while the inputs
// are still being read or after, and nothing is uploaded.
func TestPreflightRefused(t *testing.T) {
	rec := newRecorder(t)
	rec.Refuse = func(r *http.Request) int {
		if strings.HasPrefix(r.URL.Path, "/v2/team/app/") {
			return http.StatusForbidden
		}
		return 0
	}
	p, _ := stageProject(t, false)
	_, err := p.Push(t.Context(), rec.tag(t), off)
	if !errors.Is(err, registry.ErrDenied) {
		t.Errorf("got %v", err)
	}
	if rec.index("PATCH ", "") >= 0 {
		t.Error("something was uploaded")
	}
}

// A registry that took a push to the repository before is asked whether it
// takes another only when something must be uploaded.
func TestPreflightLater(t *testing.T) {
	rec := newRecorder(t)
	p, _ := stageProject(t, false)
	if _, err := p.Push(t.Context(), rec.tag(t), off); err != nil {
		t.Fatal(err)
	}
	asked := func() int {
		return slices.IndexFunc(rec.seen, func(r string) bool { return strings.HasPrefix(r, "POST ") })
	}
	if asked() < 0 {
		t.Fatal("the first push isn't seen to ask")
	}
	rec.seen = nil
	if _, err := p.Push(t.Context(), rec.tag(t), off); err != nil {
		t.Fatal(err)
	}
	if i := asked(); i >= 0 || len(rec.seen) == 0 {
		t.Errorf("nothing is new, and yet it asks: %v", rec.seen)
	}
	// Now there is something to upload, and the registry no longer lets us.
	if err := os.WriteFile(filepath.Join(p.cfg.Dir, "main.py"), []byte("print('changed')\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rec.seen = nil
	rec.Refuse = func(r *http.Request) int {
		if r.Method == http.MethodPost {
			return http.StatusForbidden
		}
		return 0
	}
	if _, err := p.Push(t.Context(), rec.tag(t), off); !errors.Is(err, registry.ErrDenied) || !strings.Contains(err.Error(), "checking the target") {
		t.Errorf("got %v", err)
	}
	if rec.index("PATCH ", "") >= 0 {
		t.Error("something was uploaded")
	}
}

// The first failure ends the push; what it brings down with it is not what is
// reported.
func TestPreflightFirstFailureWins(t *testing.T) {
	rec := newRecorder(t)
	p, _ := stageProject(t, false)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bad.pem"), []byte("no key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := trust.ReadKey(filepath.Join(dir, "bad.pem"), "bad.pem", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, f := p.preflight(t.Context(), rec.tag(t).Context())
	defer f.close()
	<-f.openKey(key)
	if ctx.Err() == nil {
		t.Error("the push goes on")
	}
	if err := f.instead(context.Cause(ctx)); err == nil || !strings.Contains(err.Error(), `opening the signing key "bad.pem"`) {
		t.Errorf("got %v", err)
	}
	if err := f.instead(errors.New("another")); !strings.Contains(err.Error(), "bad.pem") {
		t.Errorf("then %v", err)
	}
}

// Where nobody refuses, an error stays what it was, also before the registry
// has answered.
func TestPreflightUnanswered(t *testing.T) {
	rec := newRecorder(t)
	answer := make(chan struct{})
	t.Cleanup(func() { close(answer) })
	rec.Refuse = func(r *http.Request) int {
		select {
		case <-answer:
		case <-r.Context().Done():
		}
		return http.StatusForbidden
	}
	p, _ := stageProject(t, false)
	ctx, f := p.preflight(t.Context(), rec.tag(t).Context())
	mine := errors.New("mine")
	done := make(chan error, 1)
	go func() { done <- f.instead(mine) }()
	select {
	case err := <-done:
		if !errors.Is(err, mine) {
			t.Errorf("got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for an answer that never comes")
	}
	f.close()
	if ctx.Err() == nil {
		t.Error("closing doesn't end what the push has begun")
	}
}

// An image that is signed already isn't signed again, and the key stays shut.
func TestSignAgain(t *testing.T) {
	rec := newRecorder(t)
	p, events := stageProject(t, true)
	first, err := p.Push(t.Context(), rec.tag(t), off)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Push(t.Context(), rec.tag(t), off)
	if err != nil {
		t.Fatal(err)
	}
	if first.Signature == "" || again.Signature != first.Signature {
		t.Errorf("signatures %q and %q", first.Signature, again.Signature)
	}
	ends := func(stage report.Stage) (texts []string) {
		for _, e := range *events {
			if e.End && e.Stage == stage {
				texts = append(texts, e.Text)
			}
		}
		return texts
	}
	if got := ends(report.StageSign); !slices.Equal(got, []string{first.Signature, "already signed"}) {
		t.Errorf("sign: %q", got)
	}
	if got := ends(report.StageLayers); len(got) != 2 || !strings.HasSuffix(got[1], "1 of them unchanged") {
		t.Errorf("layers: %q", got)
	}
}

// Packing gives the plan's layers in the plan's order, on top of the base, and
// the same bytes with one worker and with several.
func TestPack(t *testing.T) {
	digests := map[string]bool{}
	for _, jobs := range []int{1, 4} {
		p, _ := stageProject(t, false, func(c *config.Config) {
			c.Dirs = []config.Place{{Path: "/app/out"}, {Path: "/var/lib/app"}}
		})
		p.opt.Jobs = jobs
		plan, err := p.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var handed int
		var mu sync.Mutex
		built, err := p.pack(t.Context(), plan, packOptions{temp: t.TempDir(), onLayer: func(int, *layers.Layer) { mu.Lock(); handed++; mu.Unlock() }})
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range built.layers {
			if l.name != plan.Layers[i].Name {
				t.Errorf("layer %d is %q, planned was %q", i, l.name, plan.Layers[i].Name)
			}
		}
		all, err := built.image.Layers()
		if err != nil {
			t.Fatal(err)
		}
		if len(built.layers) != 2 || handed != 2 || len(all) != plan.Base.Layers+2 {
			t.Errorf("%d layers packed, %d handed on, %d in the image", len(built.layers), handed, len(all))
		}
		digest, err := built.image.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests[digest.String()] = true
	}
	if len(digests) != 1 {
		t.Errorf("digests %v", digests)
	}
}
