package smoke

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func probeOf(t *testing.T, handler http.HandlerFunc) *HTTPProbe {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return &HTTPProbe{Port: n, Path: "/health?x=1", Status: http.StatusOK}
}

func pollFor(ctx context.Context, t *testing.T, done <-chan struct{}, p *HTTPProbe) (*HTTPResult, error) {
	t.Helper()
	res := &HTTPResult{}
	err := poll(ctx, done, p.probeFunc(new(net.Dialer).DialContext), p.Status, res, func(Event) {})
	return res, err
}

func TestPollUntilHealthy(t *testing.T) {
	var n atomic.Int32
	p := probeOf(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RequestURI() != "/health?x=1" || !strings.HasPrefix(r.Host, "localhost:") {
			t.Errorf("request %s for host %q", r.URL, r.Host)
		}
		if n.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	res, err := pollFor(t.Context(), t, nil, p)
	if err != nil || !res.Healthy || res.Attempts != 3 || res.Status != http.StatusOK {
		t.Errorf("result %+v, error %v", res, err)
	}
}

func TestPollGivesUp(t *testing.T) {
	p := probeOf(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) })
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	res, err := pollFor(ctx, t, nil, p)
	if err == nil || res.Healthy || res.Status != http.StatusFound || res.Attempts < 2 {
		t.Errorf("result %+v, error %v: a redirect is no health", res, err)
	}
	p.Status = http.StatusFound
	if _, err := pollFor(t.Context(), t, nil, p); err != nil {
		t.Errorf("error %v for the status wanted", err)
	}
}

func TestPollEndsWithTheContainer(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	p := probeOf(t, func(http.ResponseWriter, *http.Request) { <-hang })
	done := make(chan struct{})
	time.AfterFunc(100*time.Millisecond, func() { close(done) })
	begin := time.Now()
	res, err := pollFor(t.Context(), t, done, p)
	if err == nil || res.Healthy || time.Since(begin) > 5*time.Second {
		t.Errorf("result %+v, error %v after %s", res, err, time.Since(begin))
	}
}

func TestPollTruncatedAnswer(t *testing.T) {
	p := probeOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
	})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	res, err := pollFor(ctx, t, nil, p)
	if err == nil || res.Healthy || !strings.Contains(res.LastError, "reading response with status 200") {
		t.Errorf("result %+v, error %v", res, err)
	}
}

func TestAskerTriesIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 loopback")
	}
	srv := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go func() { _ = srv.Serve(l) }()
	defer srv.Close()
	p := &HTTPProbe{Port: l.Addr().(*net.TCPAddr).Port, Path: "/", Status: http.StatusNotFound}
	if res, err := pollFor(t.Context(), t, nil, p); err != nil || !res.Healthy {
		t.Errorf("result %+v, error %v", res, err)
	}
}

func TestErrorTexts(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&ContainerExitedError{Name: "i", Code: 3, After: 1234 * time.Millisecond}, `container of "i" exited with status 3 after 1.2s`},
		{&ContainerExitedError{Name: "i", Code: 139, Command: []string{"c", "secret"}}, `command "c" in "i" exited with status 139 after 0s, killed by SIGSEGV`},
		{&ContainerExitedError{Name: "i", Code: 137, OOMKilled: true}, `container of "i" exited with status 137 after 0s, killed at its memory limit`},
		{
			&UnhealthyError{Name: "i", URL: "u", Want: 200, Status: 503, Attempts: 4, Timeout: time.Minute, Err: errors.New("x")},
			`container of "i" was not healthy within 1m0s: u did not return 200 in 4 attempts: last status 503`,
		},
		{&UnavailableError{Reason: "r", Err: errors.New("x")}, "r: x"},
		{&ContainerExitedError{Name: "i", MustStay: true, After: time.Second}, `container of "i" exited with status 0 after 1s, but must stay up`},
		{
			&UnhealthyError{Name: "i", URL: "u", Want: 200, Attempts: 4, Timeout: time.Minute, Loading: 50 * time.Second},
			`container of "i" was not healthy within 1m0s, 50s of which went into loading the image: u did not return 200 in 4 attempts: no response`,
		},
		{&TimeoutError{Name: "i", What: `running command "c"`, Timeout: time.Second}, `smoke test of "i" did not finish within 1s: time was up while running command "c"`},
		{&ImportError{Name: "i", Failed: []ImportResult{{Module: "m", Error: "e"}, {Module: "n", Error: "f"}}}, "importing \"m\" in \"i\": e\nimporting \"n\" in \"i\": f"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
