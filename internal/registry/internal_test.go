package registry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// TestInternalAddresses is issue 10, item 1.9: addresses that a registry may
// not send us to.
func TestInternalAddresses(t *testing.T) {
	for _, host := range []string{
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "[::1]", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]",
		"100.64.0.1", "100.127.255.254", "100.100.100.200", "192.0.0.192", "192.0.0.1", "168.63.129.16", "[fd20:ce::254]",
		"0.0.0.0", "0.1.2.3", "198.18.0.1", "255.255.255.255", "224.0.0.1", "[::ffff:10.0.0.1]", "[::ffff:100.64.0.1]",
		"[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[::7f00:1]", "localhost", "x.localhost",
	} {
		f := newFaulty(t)
		f.script(times(always, "POST", "/uploads", status(202, "Location", "https://"+host+":444/x")))
		_, err := push(t.Context(), quick(Options{Tries: 1}), f.repo(t, "app"), testImage(t, 100, 1))
		wantOneLine(t, err, "internal address")
	}
	g := &guard{inner: http.NewFileTransport(http.Dir(t.TempDir())), origin: "registry.example"}
	for _, host := range []string{"8.8.8.8", "100.63.0.1", "100.128.0.1", "192.0.1.1", "[2001:4860:4860::8888]", "storage.example"} {
		req := httptest.NewRequest(http.MethodGet, "https://"+host+"/", nil)
		resp, err := g.RoundTrip(req)
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		resp.Body.Close()
	}
}

// TestOtherLoopbackPorts: each port of this machine is another service.
func TestOtherLoopbackPorts(t *testing.T) {
	f := newFaulty(t)
	reached := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer elsewhere.Close()
	other := strings.TrimPrefix(elsewhere.URL, "http://")
	_, port, _ := strings.Cut(other, ":")
	if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 100, 1)); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{other, "localhost:" + port, "127.0.0.2:" + port, "[::1]:" + port} {
		f.script(times(always, "GET", "/manifests/", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+target+"/x", http.StatusTemporaryRedirect)
		}))
		_, _, err := quick(Options{Tries: 1}).Image(t.Context(), f.host+"/app:v1", v1.Platform{})
		wantOneLine(t, err, "internal address")
	}
	if reached {
		t.Error("another port was reached")
	}
	f.script(times(always, "GET", "/manifests/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/x", http.StatusTemporaryRedirect)
	}))
	_, _, err := quick(Options{Tries: 1, TrustedHosts: []string{other}}).Image(t.Context(), f.host+"/app:v1", v1.Platform{})
	if !reached {
		t.Errorf("a host that was named by the user: %v", err)
	}
}
