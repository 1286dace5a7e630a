package registry

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
)

// fault answers a request in the registry's place, or returns false to let it
// through.
type fault func(w http.ResponseWriter, r *http.Request) bool

// faulty is an in-process registry that fails as it is told and keeps a log of
// the requests.
type faulty struct {
	*httptest.Server
	host string

	mu     sync.Mutex
	faults []fault
	log    []string
	auth   map[string]bool // the Authorization headers seen
	bytes  int64           // the bytes of blobs received
}

func newFaulty(t *testing.T, opts ...registry.Option) *faulty {
	t.Helper()
	f := &faulty{auth: map[string]bool{}}
	inner := registry.New(append(opts, registry.Logger(log.New(io.Discard, "", 0)))...)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.log = append(f.log, r.Method+" "+r.URL.Path)
		f.auth[r.Header.Get("Authorization")] = true
		faults := f.faults
		f.mu.Unlock()
		for _, fn := range faults {
			if fn(w, r) {
				return
			}
		}
		if r.Method == http.MethodPatch {
			r.Body = &countedBody{ReadCloser: r.Body, f: f}
		}
		inner.ServeHTTP(w, r)
	}))
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(f.Close)
	f.host = strings.TrimPrefix(f.URL, "http://")
	return f
}

type countedBody struct {
	io.ReadCloser
	f *faulty
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.f.mu.Lock()
	b.f.bytes += int64(n)
	b.f.mu.Unlock()
	return n, err
}

func (f *faulty) script(faults ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = faults
}

func (f *faulty) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.log...)
}

func (f *faulty) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log, f.bytes, f.auth = nil, 0, map[string]bool{}
}

func (f *faulty) count(method, part string) int {
	n := 0
	for _, l := range f.requests() {
		if strings.HasPrefix(l, method+" ") && strings.Contains(l, part) {
			n++
		}
	}
	return n
}

func (f *faulty) repo(t *testing.T, path string) name.Repository {
	t.Helper()
	r, err := ParseRepository(f.host+"/"+path, false)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// times makes a fault happen for the first n requests that match.
func times(n int, method, part string, then http.HandlerFunc) fault {
	var mu sync.Mutex
	forever := n == always
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method || !strings.Contains(r.URL.Path, part) {
			return false
		}
		mu.Lock()
		left := n
		n--
		mu.Unlock()
		if left == 0 || (left < 0 && !forever) {
			return false
		}
		then(w, r)
		return true
	}
}

const always = -1

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(code)
	}
}

func denied(code int, what, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"errors":[{"code":%q,"message":%q}]}`, what, message)
	}
}

// quick is a client that doesn't wait long.
func quick(opt Options) *Client {
	if opt.Backoff == 0 {
		opt.Backoff = time.Millisecond
	}
	if opt.Stall == 0 {
		opt.Stall = 2 * time.Second
	}
	if opt.Keychain == nil {
		opt.Keychain = keychain{}
	}
	return New(opt)
}

// keychain holds one login for all registries; without a user, none.
type keychain struct{ user, password string }

func (k keychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	if k.user == "" {
		return authn.Anonymous, nil
	}
	return &authn.Basic{Username: k.user, Password: k.password}, nil
}

func testImage(t *testing.T, size, layers int64) v1.Image {
	t.Helper()
	img, err := random.Image(size, layers)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// wantOneLine checks what every error of a registry must be like.
func wantOneLine(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	if strings.ContainsAny(text, "\n\r") || len(text) > 800 {
		t.Errorf("the error is not one bounded line: %q", text)
	}
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("the error %q doesn't say %q", text, p)
		}
	}
}
