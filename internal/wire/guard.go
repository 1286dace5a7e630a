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
// internal address that a server tried to redirect us to.
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

// IsInternal reports whether an address belongs to this machine or a private
// network.
func IsInternal(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsPrivate() || isThisMachine(a)
}

// isThisMachine reports the internal addresses that no DNS name should resolve
// to: loopback, and link-local, where clouds have their metadata service.
func isThisMachine(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsMulticast()
}

// foreignKey carries the host (with port) of a request to a foreign host, so
// that the dialer can check the address that its name resolves to.
type foreignKey struct{}

// WithForeignHost marks requests to a host (with port) that was named by a server
// rather than by the user: the transport of [NewTransport] then refuses to
// connect them to this machine.
func WithForeignHost(ctx context.Context, host string) context.Context {
	return context.WithValue(ctx, foreignKey{}, host)
}

// NewTransport returns a transport with Go's proxy rules, timeouts for each phase
// of connecting, and a check of the addresses of foreign hosts. Names that
// resolve to private networks are allowed, since companies keep their storage
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
			// With a proxy, the address is the proxy's, which the user chose.
			if host, ok := ctx.Value(foreignKey{}).(string); ok && sameHost(host, address) {
				return foreign.DialContext(ctx, network, address)
			}
			return dialer.DialContext(ctx, network, address)
		},
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     60 * time.Second,
		TLSHandshakeTimeout: 20 * time.Second,
		// The default of 4 KiB costs a system call per 4 KiB of body.
		WriteBufferSize: 128 << 10,
		ReadBufferSize:  64 << 10,
	}
}

// sameHost reports whether a URL's host, with or without a port, is that of an
// address.
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
