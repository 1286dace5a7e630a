package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		header string
		want   time.Duration
	}{
		{"", 0},
		{"2", 2 * time.Second},
		{" 3 ", 3 * time.Second},
		{"-1", 0},
		{"9999999999", maxRetryAfter},
		{"Fri, 02 Jan 2026 03:04:15 GMT", 10 * time.Second},
		{"Fri, 02 Jan 2026 03:00:00 GMT", 0},
		{"soon", 0},
	} {
		if got := RetryAfter(http.Header{"Retry-After": {tt.header}}, now); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.header, got, tt.want)
		}
	}
}

func TestTemporary(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{io.ErrUnexpectedEOF, true},
		{fmt.Errorf("x: %w", syscall.ECONNRESET), true},
		{ErrStalled, true},
		{&net.DNSError{IsNotFound: true}, false},
		{&net.DNSError{IsTemporary: true}, true},
		{errors.New("http2: server sent GOAWAY and closed the connection"), true},
		{errors.New("http: server gave HTTP response to HTTPS client: malformed HTTP response"), false},
		{fmt.Errorf("%w: %w", ErrInsecure, io.EOF), false},
		{errors.New("x"), false},
		{nil, false},
		{syscall.ENOSPC, false},
	} {
		if got := Temporary(tt.err); got != tt.want {
			t.Errorf("%v: %v", tt.err, got)
		}
	}
	for status, want := range map[int]bool{200: false, 404: false, 403: false, 408: true, 429: true, 499: true, 500: true, 501: false, 503: true, 505: false, 599: true} {
		if got := TemporaryStatus(status); got != want {
			t.Errorf("%d: %v", status, got)
		}
	}
}

func TestPolicyGrowsAndEnds(t *testing.T) {
	p := Policy{Tries: 5, Wait: time.Second}
	for n, least := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second} {
		if d, again := p.Next(n, io.EOF, 0); !again || d < least || d > least*5/4 {
			t.Errorf("try %d: %v, %v", n, d, again)
		}
	}
	if _, again := p.Next(5, io.EOF, 0); again {
		t.Error("it doesn't end")
	}
	if _, again := p.Next(slowTries, ErrStalled, 0); again {
		t.Error("slow failures are tried as often as others")
	}
	if d, _ := p.Next(1, io.EOF, time.Minute); d != time.Minute {
		t.Errorf("the server's wish: %v", d)
	}
	if d, _ := (Policy{Tries: 1000, Wait: time.Second}).Next(999, io.EOF, 0); d > maxWait*5/4 {
		t.Errorf("it waits for %v", d)
	}
}

func TestStallerLooksAtProgressOnly(t *testing.T) {
	chunk := make([]byte, minProgress)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mode := r.URL.Query().Get("mode")
		for i := range 12 {
			n := len(chunk)
			if mode == "slow" {
				n = 1
			}
			if mode == "silent" && i == 0 {
				<-r.Context().Done()
			}
			_, _ = w.Write(chunk[:n])
			_ = http.NewResponseController(w).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	}))
	defer s.Close()
	client := &http.Client{Transport: &StallGuard{Inner: NewTransport(), Window: 800 * time.Millisecond}}
	for _, mode := range []string{"steady", "slow", "silent"} {
		err := func() error {
			resp, err := client.Get(s.URL + "/?mode=" + mode)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			_, err = io.Copy(io.Discard, resp.Body)
			return err
		}()
		if errors.Is(err, ErrStalled) != (mode != "steady") || mode == "steady" && err != nil {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for host, want := range map[string]bool{"localhost": true, "a.LOCALHOST": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true, "localhost.example.com": false, "10.0.0.1": false} {
		if got := IsLoopback(host); got != want {
			t.Errorf("%s is loopback: %v", host, got)
		}
	}
	for addr, want := range map[string]bool{"10.0.0.1": true, "169.254.169.254": true, "fe80::1%eth0": true, "fd00::1": true, "0.0.0.0": true, "::ffff:192.168.0.1": true, "192.0.2.1": false, "2001:db8::1": false} {
		if got := IsInternal(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is inside: %v", addr, got)
		}
	}
}

func TestForeignHostsDontLeadHere(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	addr := s.Listener.Addr().String()
	transport := NewTransport()
	defer transport.CloseIdleConnections()
	if c, err := transport.DialContext(context.Background(), "tcp", addr); err != nil {
		t.Error(err)
	} else {
		c.Close()
	}
	if c, err := transport.DialContext(WithForeignHost(context.Background(), addr), "tcp", addr); !errors.Is(err, ErrInsecure) {
		t.Errorf("%v, %v", c, err)
	}
}

// TestATrickleIsNoProgress is issue 10, item 2.1: 215 bytes a second passed for
// progress.
func TestATrickleIsNoProgress(t *testing.T) {
	for moved, progress := range map[int]bool{215 * 30: false, 64 << 10: true} {
		m := newStallTimer(30*time.Second, func() {})
		m.start()
		m.stop(moved)
		if got := m.moved == 0; got != progress {
			t.Errorf("%d bytes in a window: progress %t", moved, got)
		}
		m.close()
	}
}
