package registry

import (
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/wire"
)

// failing is a transport on which nothing is reached.
type failing struct {
	err   error
	tries int
}

func (f *failing) RoundTrip(*http.Request) (*http.Response, error) {
	f.tries++
	return nil, f.err
}

// TestPrompt holds that a host that can't be reached isn't tried again for
// whom has another one, and that other failures are.
func TestPrompt(t *testing.T) {
	lookup := &net.DNSError{Err: "temporary failure in name resolution", Name: "r.example", IsTemporary: true}
	timeout := &net.OpError{Op: "dial", Err: syscall.ETIMEDOUT}
	for _, tt := range []struct {
		name           string
		err            error
		prompt, others int
	}{
		{"name lookup", lookup, 1, 4},
		{"name lookup while connecting", &net.OpError{Op: "dial", Err: lookup}, 1, 4},
		{"connecting", timeout, 1, 3},
		{"refused", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, 1, 1},
		{"reset while reading", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, 4, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, ask := range []struct {
				prompt bool
				want   int
			}{{true, tt.prompt}, {false, tt.others}} {
				f := &failing{err: tt.err}
				c := New(Options{Transport: f, Tries: 4, Backoff: time.Millisecond})
				ctx := t.Context()
				if ask.prompt {
					ctx = wire.Prompt(ctx)
				}
				if _, _, err := c.Image(ctx, "r.example/app:1", v1.Platform{OS: "linux", Architecture: "arm64"}); err == nil {
					t.Fatal("no error")
				}
				if f.tries != ask.want {
					t.Errorf("prompt %v: %d tries, want %d", ask.prompt, f.tries, ask.want)
				}
			}
		})
	}
}
