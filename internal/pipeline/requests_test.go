package pipeline_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/assemble-image/assemble/internal/pipeline"
)

// logged is a way to a registry that notes the requests.
type logged struct {
	addr string
	mu   sync.Mutex
	log  []string
}

func newLogged(t *testing.T, registry string) *logged {
	t.Helper()
	l := &logged{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: registry})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.log = append(l.log, r.Method+" "+r.URL.Path)
		l.mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	l.addr = strings.TrimPrefix(server.URL, "http://")
	return l
}

// take returns the requests that match since it was asked last, with the
// number of each.
func (l *logged) take(pattern string) map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[string]int{}
	for _, line := range l.log {
		if regexp.MustCompile(pattern).MatchString(line) {
			counts[line]++
		}
	}
	l.log = nil
	return counts
}

// TestRequests holds that a base is downloaded once, though it is read for its
// facts and pushed to another registry, and that a push of what is there asks
// for no blob.
func TestRequests(t *testing.T) {
	f := newFlow(t)
	from, to := newLogged(t, f.home), newLogged(t, f.other)
	cfg, dir := f.config(t, from.addr+"/library/python:3.10", false), t.TempDir()
	target := to.addr + "/team/app:1"
	f.push(t.Context(), t, cfg, dir, target, pipeline.SmokeOff)
	blobs := from.take("^GET .*/blobs/")
	if len(blobs) < 2 {
		t.Errorf("read of the base: %v", blobs)
	}
	for blob, n := range blobs {
		if n != 1 {
			t.Errorf("%d times %s", n, blob)
		}
	}
	if n := len(to.take("^HEAD .*/blobs/")); n < 4 {
		t.Errorf("the cold push asked for %d blobs", n)
	}
	f.push(t.Context(), t, cfg, dir, target, pipeline.SmokeOff)
	if asked := to.take("^(HEAD|PATCH|PUT) .*/blobs/sha256"); len(asked) != 0 {
		t.Errorf("the second push asked for %v", asked)
	}
	if read := from.take("^GET .*/blobs/"); len(read) != 1 { // the config
		t.Errorf("the second push read %v", read)
	}
}
