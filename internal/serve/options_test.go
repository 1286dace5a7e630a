package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/bcrypt"
)

// fetch answers the status and body of a request.
func fetch(t *testing.T, client *http.Client, method, url string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{Dir: dir})
	write(t, tag(t, s, "app:v1"), testImage(t))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, Options{Dir: dir, ReadOnly: true})
	defer s.Close()
	if _, err := remote.Image(tag(t, s, "app:v1")); err != nil {
		t.Error(err)
	}
	if err := remote.Write(tag(t, s, "app:v2"), testImage(t)); err == nil {
		t.Error("it was written to")
	}
	if err := remote.Delete(tag(t, s, "app:v1")); err == nil {
		t.Error("it was deleted from")
	}
}

func TestPasswords(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "htpasswd")
	set := func(password string) {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("# people\n\nann:"+string(hash)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set("hushhush")
	for _, anybody := range []bool{false, true} {
		s := start(t, Options{Dir: filepath.Join(dir, "store"), Passwords: file, AnybodyReads: anybody})
		img := testImage(t)
		ann := remote.WithAuth(&authn.Basic{Username: "ann", Password: "hushhush"})
		if err := remote.Write(tag(t, s, "app:v1"), img, ann); err != nil {
			t.Error(err)
		}
		for name, auth := range map[string]authn.Authenticator{
			"none": authn.Anonymous, "wrong": &authn.Basic{Username: "ann", Password: "x"}, "nobody": &authn.Basic{Username: "bob", Password: "hushhush"},
		} {
			if err := remote.Write(tag(t, s, "app:v2"), img, remote.WithAuth(auth)); err == nil {
				t.Errorf("%s was let in", name)
			}
		}
		for path, want := range map[string]bool{"/v2/app/manifests/v1": anybody, "/": anybody, "/metrics": anybody, "/v2/": false} {
			if code, _ := fetch(t, http.DefaultClient, http.MethodGet, "http://"+s.Addr+path, "Accept", string(types.OCIManifestSchema1)); (code == http.StatusOK) != want {
				t.Errorf("anybody reads %t: %s: %d", anybody, path, code)
			}
		}
		set("changed") // takes effect at once
		if err := remote.Write(tag(t, s, "app:v3"), img, ann); err == nil {
			t.Error("the old password is still right")
		}
		set("hushhush")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{"", "ann", "ann:secretplain", "ann:{SHA}abc"} {
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), Options{Dir: dir, Passwords: file})
		if err == nil || strings.Contains(err.Error(), "secretplain") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestHTTPS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	pool := selfSigned(t, cert, key)
	if _, err := Start(t.Context(), Options{Dir: dir, Certificate: cert}); err == nil {
		t.Error("a certificate without key is fine")
	}
	if _, err := Start(t.Context(), Options{Dir: dir, Certificate: cert, Key: cert}); err == nil {
		t.Error("a key that is none is fine")
	}
	s := start(t, Options{Dir: dir, Certificate: cert, Key: key})
	defer s.Close()
	client := func(pool *x509.CertPool) *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	}
	if code, _ := fetch(t, client(pool), http.MethodGet, "https://"+s.Addr+"/v2/"); code != http.StatusOK {
		t.Error(code)
	}
	time.Sleep(10 * time.Millisecond) // another time of the file
	pool = selfSigned(t, cert, key)
	if code, _ := fetch(t, client(pool), http.MethodGet, "https://"+s.Addr+"/v2/"); code != http.StatusOK {
		t.Error(code)
	}
}

// selfSigned writes a new certificate and its key.
func selfSigned(t *testing.T, cert, key string) *x509.CertPool {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "registry"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{key: {Type: "PRIVATE KEY", Bytes: keyDER}, cert: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	if raw, err := os.ReadFile(cert); err != nil || !pool.AppendCertsFromPEM(raw) {
		t.Fatal(err)
	}
	return pool
}

// TestPages holds that pages show what is there, that nothing of it is taken for
// HTML, and that they lead nowhere else.
func TestPages(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir()})
	defer s.Close()
	get := func(path string) (int, string) {
		return fetch(t, http.DefaultClient, http.MethodGet, "http://"+s.Addr+path)
	}
	if code, body := get("/"); code != http.StatusOK || !strings.Contains(body, "Nothing was pushed yet") {
		t.Error(code, body)
	}
	const evil = `<script>alert(1)</script>"'onload=x javascript:x`
	img := mutate.Annotations(testImage(t), map[string]string{
		"org.opencontainers.image.base.name": evil, evil: evil, "href": "javascript:alert(1)",
	}).(v1.Image)
	cf, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	cf.Config.Labels = map[string]string{evil: evil}
	cf.History = []v1.History{{CreatedBy: evil, Comment: "wheel numpy 1.26.4"}}
	if img, err = mutate.ConfigFile(img, cf); err != nil {
		t.Fatal(err)
	}
	at := tag(t, s, "team/app:v1")
	write(t, at, img)
	artifact := attach(t, img)
	write(t, at.Context().Digest(digestOf(t, artifact)), artifact)
	for path, want := range map[string]string{
		"/": `<a href="/-/team/app">team/app</a>`, "/-/team/app": digestOf(t, img),
		"/-/team/app?image=" + digestOf(t, img): "wheel numpy 1.26.4",
	} {
		code, body := get(path)
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d, %s", path, code, body)
		}
		if strings.Contains(body, "<script") || strings.Contains(body, `href="javascript`) || strings.Contains(body, `"'onload`) {
			t.Errorf("%s holds what it was given: %s", path, body)
		}
	}
	if _, body := get("/-/team/app"); !strings.Contains(body, "application/x-test") {
		t.Error(body)
	}
	for _, path := range []string{"/-/nothere", "/-/..%2f..", "/-/team/app?image=x", "/x", "/-/_manifests", "/-/", "/-/%00"} {
		if code, body := get(path); code != http.StatusNotFound {
			t.Errorf("%s: %d, %s", path, code, body)
		}
	}
	if code, body := get("/metrics"); code != http.StatusOK || !strings.Contains(body, `assemble_registry_requests_total{method="PUT",resource="manifests",status="201"} `) {
		t.Error(code, body)
	}
}
