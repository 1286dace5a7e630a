package registry

import (
	"net/http"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// TestMirrors holds that mirrors are asked in order, that one that fails, lies or
// has nothing is passed over, and that a digest decides.
func TestMirrors(t *testing.T) {
	img := testImage(t, 100, 1)
	stale := testImage(t, 200, 1)
	digest, _ := img.Digest()
	fails := func(f *faulty) {
		f.script(times(always, "GET", "/v2/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	}
	for _, tt := range []struct {
		name   string
		first  func(*faulty)
		ref    string
		only   bool
		second bool // the second mirror answers, and not the origin
		notes  int
	}{
		{name: "the first is down", first: func(f *faulty) { f.Close() }, ref: ":v1", second: true, notes: 2},
		{name: "the first refuses", first: fails, ref: ":v1", second: true, notes: 2},
		{name: "the first has nothing", first: func(*faulty) {}, ref: ":v1", second: true, notes: 1},
		{name: "by digest", first: func(*faulty) {}, ref: "@" + digest.String(), second: true, notes: 1},
		{name: "mirrors that don't resolve tags", first: func(*faulty) {}, ref: ":v1", only: true},
		{name: "mirrors that don't resolve tags, by digest", first: func(*faulty) {}, ref: "@" + digest.String(), only: true, second: true, notes: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			origin, a, b := newFaulty(t), newFaulty(t), newFaulty(t)
			for _, at := range []*faulty{origin, b} {
				repo := at.repo(t, "team/app")
				if at == b {
					repo = at.repo(t, "hub/team/app")
				}
				if _, err := push(t.Context(), quick(Options{}), repo, img); err != nil {
					t.Fatal(err)
				}
			}
			before := len(origin.requests())
			tt.first(a)
			notes := 0
			c := quick(Options{
				Mirrors: func(host string) ([]Mirror, error) {
					if host != origin.host {
						t.Errorf("asked for mirrors of %q", host)
					}
					return []Mirror{{Host: a.host, HTTP: true, DigestOnly: tt.only}, {Host: b.host, HTTP: true, Prefix: "hub", DigestOnly: tt.only}}, nil
				},
				Progress: func(e Event) {
					if e.Kind == EventMirror {
						notes++
					}
				},
			})
			got, top, err := c.Bases().Image(t.Context(), origin.host+"/team/app"+tt.ref, v1.Platform{})
			if err != nil || top != digest {
				t.Fatalf("got %v, %v", top, err)
			}
			layers, err := got.Layers()
			if err != nil {
				t.Fatal(err)
			}
			if rc, err := layers[0].Compressed(); err != nil {
				t.Error(err)
			} else {
				rc.Close()
			}
			if asked := len(origin.requests()) > before; asked == tt.second || notes != tt.notes {
				t.Errorf("the origin was asked: %t; %d notes", asked, notes)
			}
		})
	}
	t.Run("a mirror that lies", func(t *testing.T) {
		origin, liar := newFaulty(t), newFaulty(t)
		if _, err := push(t.Context(), quick(Options{}), origin.repo(t, "app"), img); err != nil {
			t.Fatal(err)
		}
		raw, _ := stale.RawManifest()
		liar.script(times(always, "GET", "/manifests/", func(w http.ResponseWriter, _ *http.Request) {
			mt, _ := stale.MediaType()
			w.Header().Set("Content-Type", string(mt))
			_, _ = w.Write(raw)
		}))
		c := quick(Options{Mirrors: func(string) ([]Mirror, error) { return []Mirror{{Host: liar.host, HTTP: true}}, nil }})
		_, top, err := c.Bases().Image(t.Context(), origin.host+"/app@"+digest.String(), v1.Platform{})
		if err != nil || top != digest {
			t.Errorf("got %v, %v", top, err)
		}
	})
	t.Run("another root, and a namespace", func(t *testing.T) {
		origin, mirror := newFaulty(t), newFaulty(t)
		var paths []string
		mirror.script(func(w http.ResponseWriter, r *http.Request) bool {
			paths = append(paths, r.URL.Path+"?"+r.URL.RawQuery)
			w.WriteHeader(http.StatusNotFound)
			return true
		})
		if _, err := push(t.Context(), quick(Options{}), origin.repo(t, "app"), img); err != nil {
			t.Fatal(err)
		}
		c := quick(Options{Mirrors: func(string) ([]Mirror, error) {
			return []Mirror{{Host: mirror.host, HTTP: true, Root: "/proxy/v2", Namespace: "docker.io"}}, nil
		}})
		if _, _, err := c.Bases().Image(t.Context(), origin.host+"/app:v1", v1.Platform{}); err != nil {
			t.Fatal(err)
		}
		if len(paths) == 0 || !strings.HasPrefix(paths[0], "/proxy/v2/") {
			t.Errorf("asked %q", paths)
		}
	})
}
