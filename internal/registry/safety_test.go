package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/wire"
)

const secret = "s3cr3t-pa55"

// TestStall is row 32: requests that make no progress, in every phase.
func TestStall(t *testing.T) {
	hang := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	drip := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		w.Header().Set("Content-Length", "5000")
		for range 5000 {
			if _, err := w.Write([]byte(" ")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	deaf := func(_ http.ResponseWriter, r *http.Request) {
		select { // reads nothing
		case <-r.Context().Done():
		case <-time.After(1500 * time.Millisecond):
		}
	}
	// Sockets buffer a few MiB, so that only a large layer gets stuck.
	imgs := map[bool]v1.Image{false: testImage(t, 100, 1), true: testImage(t, 12<<20, 1)}
	for _, tt := range []struct {
		name, method, part string
		then               http.HandlerFunc
	}{
		{"no answer to HEAD", "HEAD", "/blobs/", hang},
		{"no answer to PUT manifest", "PUT", "/manifests/", hang},
		{"upload not read", "PATCH", "", deaf},
		{"slow manifest", "GET", "/manifests/", drip},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t)
			f.script(times(always, tt.method, tt.part, tt.then))
			c := quick(Options{Stall: 150 * time.Millisecond, Tries: 2})
			began := time.Now()
			var err error
			if tt.method == http.MethodGet {
				_, _, err = c.Image(t.Context(), f.host+"/app:v1", v1.Platform{})
			} else {
				_, err = push(t.Context(), c, f.repo(t, "app"), imgs[tt.method == http.MethodPatch])
			}
			wantOneLine(t, err, "no progress")
			if d := time.Since(began); !errors.Is(err, ErrStalled) || d > 20*time.Second {
				t.Errorf("%v after %v", err, d)
			}
		})
	}
}

// TestSlowIsNotStalled lets a transfer go on that is slow but moves.
func TestSlowIsNotStalled(t *testing.T) {
	f := newFaulty(t)
	img := testImage(t, 64<<10, 1)
	f.script(times(1, "PATCH", "", func(w http.ResponseWriter, r *http.Request) {
		for range 12 {
			io.CopyN(io.Discard, r.Body, 5<<10)
			time.Sleep(100 * time.Millisecond)
		}
		w.WriteHeader(http.StatusInternalServerError) // the real upload follows
	}))
	c := quick(Options{Stall: 800 * time.Millisecond})
	if _, err := push(t.Context(), c, f.repo(t, "app"), img); err != nil {
		t.Fatal(err)
	}
}

// TestUploadLocation is row 8.
func TestUploadLocation(t *testing.T) {
	for _, tt := range []struct{ name, location, want string }{
		{"metadata service", "http://169.254.169.254/latest", "plain HTTP"},
		{"metadata service by TLS", "https://169.254.169.254/latest", "internal address"},
		{"private network", "https://10.0.0.1/x", "internal address"},
		{"downgrade", "http://example.com/x", "plain HTTP"},
		{"other scheme", "file:///etc/passwd", "scheme"},
		{"credentials", "http://a:b@127.0.0.1/x", "credentials"},
		{"none", "", "no upload location"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t)
			f.script(times(always, "POST", "/uploads", status(202, "Location", tt.location)))
			_, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 100, 1))
			wantOneLine(t, err, tt.want)
			if f.count("POST", "") != 1 {
				t.Errorf("%d tries", f.count("POST", ""))
			}
		})
	}
	t.Run("relative", func(t *testing.T) {
		f := newFaulty(t)
		f.script(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("X", "") // ggcr's own locations are relative paths
			return false
		})
		if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 100, 1)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestCredentialsStayHome is rows 8 to 10: whatever host a registry sends us
// to, our login doesn't come along.
func TestCredentialsStayHome(t *testing.T) {
	var leaked []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if a := r.Header.Get("Authorization"); a != "" {
			leaked = append(leaked, r.Method+" "+r.URL.Path)
		}
	}))
	defer elsewhere.Close()
	f := newFaulty(t)
	img := testImage(t, 1000, 1)
	if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), img); err != nil {
		t.Fatal(err)
	}
	basic := func(w http.ResponseWriter, r *http.Request) bool {
		if u, p, ok := r.BasicAuth(); ok && u == "me" && p == secret {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		denied(401, "UNAUTHORIZED", "login")(w, r)
		return true
	}
	c := quick(Options{Keychain: keychain{"me", secret}, Tries: 1})

	f.script(basic, times(always, "GET", "/blobs/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/blob?sig=signed-url-token", http.StatusTemporaryRedirect)
	}))
	_, _, err := c.Image(t.Context(), f.host+"/app:v1", v1.Platform{})
	wantOneLine(t, err)

	f.script(basic, times(always, "POST", "/uploads", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", elsewhere.URL+"/upload?sig=signed-url-token")
		w.WriteHeader(http.StatusAccepted)
	}))
	_, perr := push(t.Context(), c, f.repo(t, "other"), testImage(t, 1000, 1))
	wantOneLine(t, perr)
	if len(leaked) != 0 {
		t.Errorf("credentials went elsewhere: %v", leaked)
	}
	for _, e := range []error{err, perr} {
		if strings.Contains(e.Error(), "signed-url-token") || strings.Contains(e.Error(), secret) {
			t.Errorf("the error tells a secret: %v", e)
		}
	}
}

// TestRealm is row 9: a realm elsewhere gets no login.
func TestRealm(t *testing.T) {
	asked := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer elsewhere.Close()
	for _, realm := range []string{elsewhere.URL + "/token", "http://example.com/token", "https://169.254.169.254/token", "http://2130706433/token"} {
		f := newFaulty(t)
		f.script(times(always, "GET", "/v2/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm=%q,service="x"`, realm))
			w.WriteHeader(http.StatusUnauthorized)
		}))
		c := quick(Options{Keychain: keychain{"me", secret}, Tries: 1})
		_, err := push(t.Context(), c, f.repo(t, "app"), testImage(t, 100, 1))
		wantOneLine(t, err)
		if asked || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: asked %t, %v", realm, asked, err)
		}
	}
}

// tokens makes a registry want tokens of its own, each good for n requests.
func tokens(f *faulty, n int) (issued *int, check fault) {
	issued, left := new(int), 0
	return issued, func(w http.ResponseWriter, r *http.Request) bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		if r.URL.Path == "/token" {
			if u, p, ok := r.BasicAuth(); !ok || u != "me" || p != secret {
				denied(401, "UNAUTHORIZED", "wrong login")(w, r)
				return true
			}
			*issued++
			left = n
			fmt.Fprintf(w, `{"token":"t%d"}`, *issued)
			return true
		}
		if r.Header.Get("Authorization") == fmt.Sprintf("Bearer t%d", *issued) && left > 0 {
			left--
			return false
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="x"`, f.host))
		denied(401, "UNAUTHORIZED", "token, please")(w, r)
		return true
	}
}

// TestTokenRunsOut is row 11, on each of the requests of a push.
func TestTokenRunsOut(t *testing.T) {
	for n := 1; n <= 6; n++ {
		f := newFaulty(t)
		issued, check := tokens(f, n)
		f.script(check)
		c := quick(Options{Keychain: keychain{"me", secret}, Jobs: 1})
		if _, err := push(t.Context(), c, f.repo(t, "app"), testImage(t, 5000, 3)); err != nil {
			t.Fatalf("with %d requests a token: %v", n, err)
		}
		if *issued < 2 {
			t.Errorf("%d tokens issued", *issued)
		}
	}
	f := newFaulty(t)
	_, check := tokens(f, 1000)
	f.script(check)
	_, err := push(t.Context(), quick(Options{Keychain: keychain{"me", "wrong-" + secret}}), f.repo(t, "app"), testImage(t, 10, 1))
	wantOneLine(t, err, f.host+"/app", "authentication required", "wrong login")
	if !errors.Is(err, ErrUnauthorized) || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
}

func TestPlainHTTP(t *testing.T) {
	// A proxy of our own stands for the whole network, so that requests to any
	// host would be answered.
	reached := false
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached = reached || r.Method != http.MethodConnect
	}))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"registry.example", "10.1.2.3:5000", "192.168.0.1", "registry.local"} {
		for _, insecure := range []bool{false, true} {
			reached = false
			c := quick(Options{Insecure: insecure, Tries: 1, Transport: &http.Transport{Proxy: http.ProxyURL(address)}})
			_, err := c.Digest(t.Context(), host+"/app:v1")
			if err == nil || reached != insecure {
				t.Errorf("%s, insecure=%t: reached by plain HTTP: %t, %v", host, insecure, reached, err)
			}
			wantOneLine(t, err)
		}
	}
}

func TestDialerKnowsInternalAddresses(t *testing.T) {
	f := newFaulty(t)
	_, port, _ := strings.Cut(f.host, ":")
	g := &guard{inner: wire.NewTransport(), origin: "registry.example", insecure: true}
	for _, host := range []string{"2130706433", "0x7f000001", "127.1", "localhost", "127.0.0.1", "[::1]"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+":"+port+"/v2/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := g.RoundTrip(req); err == nil {
			resp.Body.Close()
			t.Errorf("reached %s from a registry elsewhere", host)
		}
	}
}

func TestReferences(t *testing.T) {
	for _, ref := range []string{"me:" + secret + "@host/app", "host/app@x/y"} {
		for _, err := range []error{
			second(ParseReference(ref, false)), second(ParseTarget(ref, false)), second(ParseRepository(ref, false)),
		} {
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", ref, err)
			}
		}
	}
	if _, err := ParseTarget("host/app@sha256:"+strings.Repeat("0", 64), false); err == nil {
		t.Error("a digest passed for a target")
	}
	if tag, err := ParseTarget("localhost:5000/app", false); err != nil || tag.TagStr() != "latest" || tag.Scheme() != "http" {
		t.Errorf("got %v, %v", tag, err)
	}
	if r, err := ParseRepository("registry.example/app", false); err != nil || r.Scheme() != "https" {
		t.Errorf("got %v, %v", r, err)
	}
}

func second[T any](_ T, err error) error { return err }
