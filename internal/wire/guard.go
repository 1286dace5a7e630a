package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// ErrInsecure says that a request was refused for safety: plain HTTP, or an
// address that a server has no business to send us to.
var ErrInsecure = errors.New("refused for safety")

// IsLoopback reports whether a host name, without port, is this machine.
func IsLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// IsInside reports whether an address belongs to this machine or its network.
func IsInside(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsPrivate() || isThisMachine(a)
}

// isThisMachine is the part of IsInside that no name in DNS has a reason to
// lead to: loopback, and link-local with a cloud's metadata service.
func isThisMachine(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsMulticast()
}

// foreignKey carries the host (with port) of a request to a foreign host, so
// that the dialer can look at the address behind its name.
type foreignKey struct{}

// Foreign marks the requests of a context as such to a host (with port) that a
// server named, not the user: the transport of [NewTransport] then doesn't
// connect it to this machine.
func Foreign(ctx context.Context, host string) context.Context {
	return context.WithValue(ctx, foreignKey{}, host)
}

// NewTransport returns a transport with Go's proxy rules, limits on each phase
// of a connection, and a look at the addresses of foreign hosts. Names that
// lead to private networks are let through, since companies keep their storage
// there.
func NewTransport() *http.Transport {
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
		// The default of 4 KiB costs a system call for each 4 KiB of a body.
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
