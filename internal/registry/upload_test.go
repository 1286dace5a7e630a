package registry

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// TestMountThatFails is issue 10, item 2.2: whatever a registry says to a
// mount, the upload begins at once.
func TestMountThatFails(t *testing.T) {
	for name, then := range map[string]http.HandlerFunc{
		"500": status(500), "502": status(502), "503": status(503, "Retry-After", "30"), "429": status(429, "Retry-After", "30"),
		"400": status(400), "401": status(401), "404": status(404), "405": status(405), "200": status(200), "202 without a location": status(202),
		"reset":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"wrong digest": status(201, "Docker-Content-Digest", "sha256:"+strings.Repeat("0", 64)),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFaulty(t)
			c := quick(Options{})
			if _, err := push(t.Context(), c, f.repo(t, "base"), testImage(t, 100, 1)); err != nil {
				t.Fatal(err)
			}
			pulled, _, err := c.Image(t.Context(), f.repo(t, "base").Tag("v1").Name(), v1.Platform{})
			if err != nil {
				t.Fatal(err)
			}
			layers, _ := pulled.Layers()
			f.forget()
			f.script(
				times(1, "HEAD", "/app/blobs/", status(404)),
				func(w http.ResponseWriter, r *http.Request) bool {
					if r.URL.Query().Get("mount") == "" {
						return false
					}
					then(w, r)
					return true
				})
			if o, err := c.PushLayer(t.Context(), f.repo(t, "app"), layers[0]); err != nil || o != Uploaded {
				t.Errorf("got %v, %v", o, err)
			}
			if n := f.count("POST", ""); n != 2 {
				t.Errorf("%d POSTs", n)
			}
		})
	}
}

// TestOneBudget is issue 10, item 2.2: retries don't nest.
func TestOneBudget(t *testing.T) {
	for _, method := range []string{"HEAD", "POST", "PATCH", "PUT"} {
		f := newFaulty(t)
		f.script(times(always, method, "/blobs/", status(503)))
		c := quick(Options{Tries: 4})
		l, _ := testImage(t, 100, 1).Layers()
		if _, err := c.PushLayer(t.Context(), f.repo(t, "app"), l[0]); err == nil {
			t.Error("no error")
		}
		if n := f.count(method, "/blobs/"); n != 4 {
			t.Errorf("%d times %s", n, method)
		}
	}
}

// TestUploadGoesOn is issue 10, item 2.3: what a registry does in the middle
// of an upload, and how often the blob is sent from its start then.
func TestUploadGoesOn(t *testing.T) {
	const size = 4 << 20
	limit := func(n int64) fault {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPatch || r.ContentLength <= n {
				return false
			}
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return true
		}
	}
	for _, tt := range []struct {
		name   string
		chunk  int64
		faults []fault
		bytes  int64 // received by the registry at most; 0 isn't checked
		want   string
	}{
		{name: "session forgotten", faults: []fault{times(1, "PATCH", "", status(404))}},
		{name: "416", faults: []fault{times(1, "PATCH", "", status(416))}},
		{name: "session forgotten twice", faults: []fault{times(2, "PATCH", "", status(404))}, want: "expired"},
		{name: "always 416", faults: []fault{times(always, "PATCH", "", status(416))}, want: "expired"},
		{name: "limit of 1 MiB", faults: []fault{limit(1 << 20)}, bytes: 2 * size},
		{name: "limit of 3 MiB", faults: []fault{limit(3 << 20)}, bytes: 2 * size},
		{name: "limit of 1 MiB, then a reset", faults: []fault{reset(1 << 20)}, bytes: 2 * size},
		{name: "limit of 1 kB", faults: []fault{limit(1000)}, want: "413"},
		{name: "chunks as told", chunk: 1 << 20, faults: []fault{limit(1 << 20)}, bytes: 2 * size},
		{name: "larger chunks demanded", chunk: 1 << 10, faults: []fault{minimum(1 << 20)}, bytes: 2 * size},
		{name: "wrong digest of the commit", want: "sha256:000", faults: []fault{
			times(always, "PUT", "/blobs/", status(201, "Docker-Content-Digest", "sha256:"+strings.Repeat("0", 64))),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t)
			f.script(tt.faults...)
			_, err := push(t.Context(), quick(Options{ChunkSize: tt.chunk}), f.repo(t, "app"), testImage(t, size, 1))
			if tt.want != "" {
				wantOneLine(t, err, tt.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			pulled, err := remote.Image(f.repo(t, "app").Tag("v1"))
			if err != nil {
				t.Fatal(err)
			}
			if err := validate.Image(pulled); err != nil {
				t.Error(err)
			}
			if tt.bytes != 0 && f.bytes > tt.bytes {
				t.Errorf("%d bytes were sent", f.bytes)
			}
		})
	}
}

// reset refuses bodies beyond n bytes as servers do that don't wait for the
// client to read the answer: what it still sends is answered by a reset, and
// the answer is lost, unless it waited for leave to send (RFC 9110, 10.1.1).
func reset(n int64) fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch || r.ContentLength <= n {
			return false
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return false
		}
		if r.Header.Get("Expect") != "" {
			fmt.Fprint(conn, "HTTP/1.1 413 Request Entity Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}
		conn.Close() // with unread bytes in it: a reset
		return true
	}
}

// minimum makes a registry refuse chunks that are too small, but for the last.
func minimum(n int64) fault {
	var opened atomic.Bool
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && opened.CompareAndSwap(false, true) {
			w.Header().Set("OCI-Chunk-Min-Length", strconv.FormatInt(n, 10))
		}
		if r.Method == http.MethodPatch && r.ContentLength < n && strings.HasPrefix(r.Header.Get("Content-Range"), "0-") {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return true
		}
		return false
	}
}

// TestResetIsResumed goes on at the offset that the registry has committed.
func TestResetIsResumed(t *testing.T) {
	const kept = 3 << 20
	for _, tells := range []string{"offset", "nothing", "nonsense"} {
		t.Run(tells, func(t *testing.T) {
			f := newFaulty(t)
			var broken atomic.Bool
			var location atomic.Value
			f.script(func(w http.ResponseWriter, r *http.Request) bool {
				switch {
				case r.Method == http.MethodPatch && broken.CompareAndSwap(false, true):
					// The registry keeps what came before the connection broke.
					req, err := http.NewRequestWithContext(r.Context(), http.MethodPatch, f.URL+r.URL.Path, io.LimitReader(r.Body, kept))
					if err != nil {
						t.Error(err)
					}
					resp, err := http.DefaultClient.Do(req)
					if err != nil {
						t.Error(err)
						return true
					}
					resp.Body.Close()
					location.Store(resp.Header.Get("Location"))
					panic(http.ErrAbortHandler)
				case r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/uploads/"):
					switch tells {
					case "offset":
						w.Header().Set("Location", location.Load().(string))
						w.Header().Set("Range", fmt.Sprintf("0-%d", kept-1))
						w.WriteHeader(http.StatusNoContent)
					case "nonsense":
						w.Header().Set("Location", location.Load().(string))
						w.Header().Set("Range", "0-99999999999")
						w.WriteHeader(http.StatusNoContent)
					default:
						w.WriteHeader(http.StatusNotFound)
					}
					return true
				}
				return false
			})
			if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 8<<20, 1)); err != nil {
				t.Fatal(err)
			}
			pulled, err := remote.Image(f.repo(t, "app").Tag("v1"))
			if err != nil {
				t.Fatal(err)
			}
			if err := validate.Image(pulled); err != nil {
				t.Error(err)
			}
			starts := 0
			for _, l := range f.requests() {
				if strings.HasPrefix(l, "POST") {
					starts++
				}
			}
			if want := map[string]int{"offset": 2, "nothing": 3, "nonsense": 3}[tells]; starts != want {
				t.Errorf("%d sessions were opened, want %d", starts, want)
			}
		})
	}
}
