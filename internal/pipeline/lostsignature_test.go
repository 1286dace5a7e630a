package pipeline_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/pipeline"
)

// TestLostSignatureHoldsTheTag is issue 10, item 1.3: the registry has lost
// the list of an image's signatures, which the cache knows to be there. The
// tag must not move until a verifier finds the signature again.
func TestLostSignatureHoldsTheTag(t *testing.T) {
	f := newFlow(t)
	var refuse atomic.Bool
	// It has no referrers API; one that lists by itself could not lose the list alone.
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse.Load() && r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/sha256-") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	repo := strings.TrimPrefix(srv.URL, "http://") + "/app:"
	cfg, dir := f.config(t, f.bases["layout"], true), t.TempDir()
	digest := f.push(t.Context(), t, cfg, dir, repo+"1", pipeline.SmokeOff)
	lose := func() {
		list, err := name.ParseReference(repo + strings.Replace(digest, ":", "-", 1))
		must(t, err)
		must(t, remote.Delete(list))
		if err := f.verify(t.Context(), repo+"1"); err == nil {
			t.Fatal("the signature isn't lost")
		}
	}

	lose()
	refuse.Store(true)
	c, err := cache.Open(dir, cache.Options{})
	must(t, err)
	p := pipeline.New(cfg, pipeline.Options{Cache: c})
	defer p.Close()
	second, err := name.ParseReference(repo + "2")
	must(t, err)
	_, err = p.Push(t.Context(), second, pipeline.PushOptions{Smoke: pipeline.SmokeOptions{
		Mode: pipeline.SmokeOff, Containerd: filepath.Join(f.dir, "no.sock"),
	}})
	if err == nil {
		t.Error("a push whose signature isn't listed passed")
	}
	if _, err := remote.Head(second); err == nil {
		t.Error("the tag moved while verify fails")
	}

	refuse.Store(false)
	f.push(t.Context(), t, cfg, dir, repo+"2", pipeline.SmokeOff)
	if err := f.verify(t.Context(), repo+"2"); err != nil {
		t.Errorf("verify: %v", err)
	}
}
