package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// endless writes until the client goes away, with a pause after each block.
func endless(code int, block []byte, pause time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		w.WriteHeader(code)
		for r.Context().Err() == nil {
			if _, err := w.Write(block); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(pause)
		}
	}
}

// TestEndlessAnswers is issue 10, item 2.1: bodies that never end, fast or
// slow but with progress, for all that is no blob.
func TestEndlessAnswers(t *testing.T) {
	block := []byte(strings.Repeat(" ", 4<<10))
	for _, tt := range []struct {
		name, method, part string
		then               http.HandlerFunc
		fails              bool
	}{
		{"ping", "GET", "/v2/", endless(200, block, 0), false},
		{"dripping ping", "GET", "/v2/", endless(200, block, 20*time.Millisecond), false},
		{"denied ping", "GET", "/v2/", endless(403, block, 20*time.Millisecond), true},
		{"manifest", "GET", "/manifests/", endless(200, block, 0), true},
		{"dripping manifest", "GET", "/manifests/", endless(200, block, 20*time.Millisecond), true},
		{"dripping error", "GET", "/manifests/", endless(403, []byte(" "), 20*time.Millisecond), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t)
			if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 100, 1)); err != nil {
				t.Fatal(err)
			}
			n := always
			if tt.part == "/v2/" {
				n = 1 // everything has that in its path
			}
			f.script(times(n, tt.method, tt.part, tt.then))
			began := time.Now()
			_, _, err := quick(Options{Stall: 300 * time.Millisecond, Tries: 2}).Image(t.Context(), f.host+"/app:v1", v1.Platform{})
			if (err != nil) != tt.fails || time.Since(began) > 10*time.Second {
				t.Errorf("%v after %v", err, time.Since(began))
			}
			if err != nil {
				wantOneLine(t, err)
			}
		})
	}
}

// TestBlobThatKeepsBreaking is issue 10, item 2.1: a byte is no progress.
func TestBlobThatKeepsBreaking(t *testing.T) {
	for _, step := range []int{1, 100, 5000} {
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			f := newFaulty(t)
			img := testImage(t, 50_000, 1)
			if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), img); err != nil {
				t.Fatal(err)
			}
			layers, _ := img.Layers()
			data := read(t, layers[0])
			h, _ := layers[0].Digest()
			f.script(times(always, "GET", h.String(), func(w http.ResponseWriter, r *http.Request) {
				var from int
				if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
					w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(data)-1, len(data)))
				}
				w.Header().Set("Content-Length", fmt.Sprint(len(data)-from))
				if from > 0 {
					w.WriteHeader(http.StatusPartialContent)
				}
				_, _ = w.Write(data[from:min(from+step, len(data))])
				w.(http.Flusher).Flush()
				if from+step < len(data) {
					panic(http.ErrAbortHandler)
				}
			}))
			f.forget()
			_, err := quick(Options{}).readBlob(t.Context(), f.repo(t, "app"), v1.Descriptor{Digest: h, Size: int64(len(data))}, 1<<20)
			if want := step >= 4<<10; (err == nil) != want {
				t.Errorf("got %v", err)
			}
			if n := f.count("GET", h.String()); step < 4<<10 && n != defaultTries {
				t.Errorf("%d requests", n)
			}
			if err != nil && errors.Is(err, ErrContent) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func read(t *testing.T, l v1.Layer) []byte {
	t.Helper()
	rc, err := l.Compressed()
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	data, err := io.ReadAll(rc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestLargeBlobsAreNotBounded reads a blob for longer than any other answer
// may take, behind a redirect, too.
func TestLargeBlobsAreNotBounded(t *testing.T) {
	f := newFaulty(t)
	img := testImage(t, 200_000, 1)
	if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), img); err != nil {
		t.Fatal(err)
	}
	layers, _ := img.Layers()
	data := read(t, layers[0])
	h, _ := layers[0].Digest()
	slow := func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(data); i += 20_000 {
			_, _ = w.Write(data[i:min(i+20_000, len(data))])
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	}
	for _, redirect := range []bool{false, true} {
		f.script(times(always, "GET", "/storage", slow), times(always, "GET", h.String(), func(w http.ResponseWriter, r *http.Request) {
			if redirect {
				http.Redirect(w, r, "/storage", http.StatusTemporaryRedirect)
				return
			}
			slow(w, r)
		}))
		c := quick(Options{Stall: 300 * time.Millisecond, Tries: 1})
		if _, err := c.readBlob(t.Context(), f.repo(t, "app"), v1.Descriptor{Digest: h, Size: int64(len(data))}, 1<<20); err != nil {
			t.Errorf("redirect=%t: %v", redirect, err)
		}
	}
}
