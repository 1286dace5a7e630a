package registry

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// guard is the transport that says where requests of a registry's session may
// go. A registry sends its clients elsewhere by redirects, upload locations
// and token realms; none of them may reach into our own machine or network,
// or drop TLS.
type guard struct {
	inner    http.RoundTripper
	origin   string // the registry's host name, without port
	insecure bool
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(in *http.Request) (*http.Response, error) {
	host := in.URL.Hostname()
	switch in.URL.Scheme {
	case "https":
	case "http":
		if !isLoopback(host) && !g.insecure {
			return nil, fmt.Errorf("%w: %s: plain HTTP", ErrInsecure, in.URL.Host)
		}
	default:
		return nil, fmt.Errorf("%w: %s: scheme %.20q", ErrInsecure, in.URL.Host, in.URL.Scheme)
	}
	if g.isForeign(host) {
		if addr, err := netip.ParseAddr(host); (err == nil && isInside(addr)) || isLoopback(host) {
			return nil, fmt.Errorf("%w: %s sends us to %s, an internal address", ErrInsecure, g.origin, in.URL.Host)
		}
		in = in.WithContext(context.WithValue(in.Context(), foreignKey{}, in.URL.Host))
	}
	return g.inner.RoundTrip(in)
}

// isForeign reports whether a host is another one than the registry's. All of
// loopback is one host.
func (g *guard) isForeign(host string) bool {
	return !strings.EqualFold(host, g.origin) && (!isLoopback(g.origin) || !isLoopback(host))
}

// isInside reports whether an address belongs to this machine or its network.
func isInside(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsPrivate() || isThisMachine(a)
}

// isThisMachine is the part of isInside that no name in DNS has a reason to
// lead to: loopback, and link-local with a cloud's metadata service.
func isThisMachine(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsMulticast()
}

// foreignKey carries the host (with port) of a request to a foreign host, so
// that the dialer can look at the address behind its name.
type foreignKey struct{}

// newTransport returns the default transport: Go's proxy rules, limits on
// each phase of a connection, and a look at the addresses of foreign hosts.
// Names that lead to private networks are let through, since companies keep
// their blob storage there.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 20 * time.Second, KeepAlive: 30 * time.Second}
	foreign := *dialer
	foreign.Control = func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || isThisMachine(ap.Addr()) {
			return fmt.Errorf("%w: %s is an internal address", ErrInsecure, address)
		}
		return nil
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			// With a proxy the address is the proxy's, which is the user's choice.
			if host, ok := ctx.Value(foreignKey{}).(string); ok && sameHost(host, address) {
				return foreign.DialContext(ctx, network, address)
			}
			return dialer.DialContext(ctx, network, address)
		},
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     60 * time.Second,
		TLSHandshakeTimeout: 20 * time.Second,
		// The default of 4 KiB costs a system call for each 4 KiB of a layer.
		WriteBufferSize: 128 << 10,
		ReadBufferSize:  64 << 10,
	}
}

// sameHost compares a URL's host, whose port may be left out, with an address.
func sameHost(host, address string) bool {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.EqualFold(strings.Trim(host, "[]"), name)
}
