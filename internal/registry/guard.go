package registry

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/assemble-image/assemble/internal/wire"
)

// guard is the transport that says where requests of a registry's session may
// go. A registry sends its clients elsewhere by redirects, upload locations
// and token realms; none of them may reach into our own machine or network,
// or drop TLS.
type guard struct {
	inner    http.RoundTripper
	origin   string // the registry's host name, without port
	port     string // the registry's port, "" for the scheme's own
	trusted  []string
	insecure bool
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(in *http.Request) (*http.Response, error) {
	host := in.URL.Hostname()
	switch in.URL.Scheme {
	case "https":
	case "http":
		if !wire.IsLoopback(host) && !g.insecure {
			return nil, fmt.Errorf("%w: %s: plain HTTP", ErrInsecure, in.URL.Host)
		}
	default:
		return nil, fmt.Errorf("%w: %s: scheme %.20q", ErrInsecure, in.URL.Host, in.URL.Scheme)
	}
	if g.isForeign(in.URL) {
		if addr, err := netip.ParseAddr(host); (err == nil && wire.IsInternal(addr)) || wire.IsLoopback(host) {
			return nil, fmt.Errorf("%w: %s redirects to %s, an internal address", ErrInsecure, g.origin, in.URL.Host)
		}
		in = in.WithContext(wire.WithForeignHost(in.Context(), in.URL.Host))
	}
	return g.inner.RoundTrip(in)
}

// isForeign reports whether a URL leads to another host than the registry's,
// and none that the user named. All of loopback is one host, but each of its
// ports is a service of its own.
func (g *guard) isForeign(u *url.URL) bool {
	host := u.Hostname()
	for _, t := range g.trusted {
		if strings.EqualFold(t, u.Host) {
			return false
		}
	}
	if wire.IsLoopback(g.origin) && wire.IsLoopback(host) {
		return u.Port() != g.port
	}
	return !strings.EqualFold(host, g.origin)
}
