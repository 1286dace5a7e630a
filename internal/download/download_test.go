package download_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/download"
	"github.com/assemble-image/assemble/internal/index"
)

// server serves content under /file, after what its fault does to a request.
type server struct {
	*httptest.Server
	content []byte
	asked   []string // the ranges
	fault   func(n int, w http.ResponseWriter, r *http.Request) (handled bool)
}

func newServer(t *testing.T, content []byte) *server {
	s := &server{content: content}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked = append(s.asked, r.Header.Get("Range"))
		if s.fault != nil && s.fault(len(s.asked), w, r) {
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.content))
	}))
	t.Cleanup(s.Close)
	return s
}

func options(t *testing.T, c *cache.Cache) download.Options {
	client, err := index.New(index.Options{Tries: 3, Backoff: time.Millisecond, Stall: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return download.Options{Client: client, Cache: c, Dir: t.TempDir()}
}

func openCache(t *testing.T) *cache.Cache {
	c, err := cache.Open(filepath.Join(t.TempDir(), "cache"), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// cut sends half of what was asked for and closes the connection.
func cut(content []byte) func(int, http.ResponseWriter, *http.Request) bool {
	return func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:len(content)/2])
		panic(http.ErrAbortHandler)
	}
}

func TestFile(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	sum := sha256.Sum256(content)
	for _, tt := range []struct {
		name  string
		fault func(int, http.ResponseWriter, *http.Request) bool
		asked []string
	}{
		{"at once", nil, []string{""}},
		{"goes on where it broke", cut(content), []string{"", "bytes=524288-"}},
		{"a server that can't send parts", func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n == 1 {
				return cut(content)(n, w, r)
			}
			_, _ = w.Write(content)
			return true
		}, []string{"", "bytes=524288-"}},
		{"a part of another version", func(n int, w http.ResponseWriter, r *http.Request) bool {
			return cut(bytes.Repeat([]byte("x"), len(content)))(n, w, r)
		}, []string{"", "bytes=524288-", ""}},
		{"busy", func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return n == 1
		}, []string{"", ""}},
	} {
		for _, cached := range []bool{true, false} {
			t.Run(fmt.Sprint(tt.name, cached), func(t *testing.T) {
				s := newServer(t, content)
				s.fault = tt.fault
				var c *cache.Cache
				if cached {
					c = openCache(t)
				}
				opt := options(t, c)
				for range 2 { // the second time, nobody is asked
					path, err := download.File(t.Context(), s.URL+"/file", sum, opt)
					if err != nil {
						t.Fatal(err)
					}
					if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
						t.Errorf("%d bytes, %v", len(got), err)
					}
				}
				if fmt.Sprint(s.asked) != fmt.Sprint(tt.asked) {
					t.Errorf("asked for %q", s.asked)
				}
				if left, _ := filepath.Glob(filepath.Join(opt.Dir, "*.part")); len(left) > 0 {
					t.Errorf("left %q", left)
				}
			})
		}
	}
}

// What a run has received is the next one's.
func TestLaterRun(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	s := newServer(t, content)
	ctx, cancel := context.WithCancel(t.Context())
	s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			return false
		}
		_, _ = w.Write(content[:1000])
		_ = http.NewResponseController(w).Flush()
		time.AfterFunc(50*time.Millisecond, cancel)
		<-r.Context().Done()
		return true
	}
	opt := options(t, openCache(t))
	if _, err := download.File(ctx, s.URL+"/file", sha256.Sum256(content), opt); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := download.File(t.Context(), s.URL+"/file", sha256.Sum256(content), opt); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.asked); got != "[ bytes=1000-]" {
		t.Errorf("asked for %s", got)
	}
}

func TestFileErrors(t *testing.T) {
	content := []byte("content")
	sum := sha256.Sum256(content)
	t.Run("another file", func(t *testing.T) {
		s := newServer(t, []byte("other"))
		opt := options(t, openCache(t))
		_, err := download.File(t.Context(), strings.Replace(s.URL, "://", "://me:hushhush@", 1)+"/file?token=geheim", sum, opt)
		var digest *download.DigestError
		if !errors.As(err, &digest) || len(s.asked) != 1 {
			t.Errorf("%v, asked %d times", err, len(s.asked))
		}
		if text := fmt.Sprint(err); strings.Contains(text, "hushhush") || strings.Contains(text, "geheim") {
			t.Error(text)
		}
	})
	t.Run("gone", func(t *testing.T) {
		s := newServer(t, content)
		s.fault = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		_, err := download.File(t.Context(), s.URL+"/file?token=geheim", sum, options(t, nil))
		if err == nil || !strings.Contains(err.Error(), "404") || strings.Contains(err.Error(), "geheim") || len(s.asked) != 1 {
			t.Errorf("%v, asked %d times", err, len(s.asked))
		}
	})
	t.Run("no end of failures", func(t *testing.T) {
		s := newServer(t, content)
		s.fault = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		if _, err := download.File(t.Context(), s.URL+"/file", sum, options(t, nil)); err == nil || len(s.asked) != 3 {
			t.Errorf("%v, asked %d times", err, len(s.asked))
		}
	})
}
