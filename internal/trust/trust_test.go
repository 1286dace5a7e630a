package trust

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/registry"
)

// lab is a registry with one image, and what it takes to sign it.
type lab struct {
	host    string
	at      name.Digest
	subject v1.Descriptor
	cache   *cache.Cache

	mu    sync.Mutex
	fault func(http.ResponseWriter, *http.Request) bool
}

func newLab(t *testing.T, referrersAPI bool) *lab {
	t.Helper()
	l := &lab{}
	inner := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)), ggcr.WithReferrersSupport(referrersAPI))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		fault := l.fault
		l.mu.Unlock()
		if fault == nil || !fault(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	l.host = strings.TrimPrefix(srv.URL, "http://")
	img := must(random.Image(100, 1))
	l.subject = *must(partial.Descriptor(img))
	l.at = must(name.NewDigest(l.host + "/app@" + l.subject.Digest.String()))
	if err := remote.Write(l.at, img); err != nil {
		t.Fatal(err)
	}
	l.cache = must(cache.Open(t.TempDir(), cache.Options{}))
	return l
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// script answers requests in the registry's place, where f returns true.
func (l *lab) script(f func(http.ResponseWriter, *http.Request) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = f
}

// client is a new process, as it were: it remembers nothing.
func (l *lab) client() *registry.Client {
	return registry.New(registry.Options{Tries: 2, Backoff: time.Millisecond})
}

// key writes a key pair and opens both halves.
func (l *lab) key(t *testing.T, title string) (*Key, PublicKey) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	write := func(file, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), file)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	private := write(title+".key", "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key)))
	public := write(title+".pub", "PUBLIC KEY", must(x509.MarshalPKIXPublicKey(key.Public())))
	signing := must(ReadKey(private, title+".key", nil))
	verifying := must(ReadPublicKey(public))
	verifying.Name = title + ".pub"
	return signing, verifying
}

func (l *lab) attach(t *testing.T, key *Key, legacy bool) []Attached {
	t.Helper()
	list := Signatures(legacy)
	if legacy {
		list = list[1:]
	}
	a := Attacher{Registry: l.client(), Cache: l.cache}
	attached, err := a.Attach(t.Context(), key, l.at, l.subject, list, a.Find(t.Context(), key, l.at, list, a.Referrers(t.Context(), l.at)))
	if err != nil {
		t.Fatal(err)
	}
	return attached
}

func (l *lab) verify(t *testing.T, keys ...PublicKey) (*Verified, error) {
	t.Helper()
	return Verify(t.Context(), l.client(), l.at.Name(), keys...)
}

func (l *lab) delete(t *testing.T, ref name.Reference) {
	t.Helper()
	if err := remote.Delete(ref); err != nil {
		t.Fatal(err)
	}
}

// tags are the two that hold what is attached to the image.
func (l *lab) fallback() name.Tag {
	return l.at.Context().Tag(strings.Replace(l.at.DigestStr(), ":", "-", 1))
}

func (l *lab) legacy() name.Tag { return l.at.Context().Tag(l.fallback().TagStr() + ".sig") }
