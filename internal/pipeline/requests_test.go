package pipeline_test

import (
	"fmt"
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

// TestUnchangedAsksOnce holds that the push of an image that is there whole asks
// for the list of what is attached to it once, for signature and record, and reads
// neither the record nor the keys' recipes: nothing is asked for twice.
func TestUnchangedAsksOnce(t *testing.T) {
	f := newFlow(t)
	for _, signed := range []bool{true, false} {
		t.Run(fmt.Sprintf("signed=%t", signed), func(t *testing.T) {
			to := newLogged(t, f.other)
			cfg, dir := f.config(t, f.bases["embedded"], signed), t.TempDir()
			target := fmt.Sprintf("%s/team/%t:1", to.addr, signed)
			f.push(t.Context(), t, cfg, dir, target, pipeline.SmokeOff)
			to.take("")
			f.push(t.Context(), t, cfg, dir, target, pipeline.SmokeOff)
			asked := to.take("(referrers|manifests|blobs)/sha256")
			lists := 0
			for line, n := range asked {
				if n > 1 && !strings.HasPrefix(line, "GET /v2/team/"+fmt.Sprint(signed)+"/blobs/") {
					t.Errorf("asked %d times: %s", n, line)
				}
				if strings.Contains(line, "/referrers/") {
					lists += n
				}
			}
			if lists != 1 {
				t.Errorf("the list of referrers was asked for %d times: %v", lists, asked)
			}
		})
	}
}
