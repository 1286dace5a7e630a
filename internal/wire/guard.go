package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
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

// sharedPrefixes are those of the special-purpose registries (RFC 6890) that
// net/netip has no words for. Providers number their own networks with them,
// and some keep metadata services there.
var sharedPrefixes = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),     // this network
	netip.MustParsePrefix("100.64.0.0/10"), // shared address space (RFC 6598)
	netip.MustParsePrefix("198.18.0.0/15"), // benchmarking (RFC 2544)
	netip.MustParsePrefix("240.0.0.0/4"),   // reserved, broadcast
}

// metadataPrefixes hold the metadata services of clouds that are not at a
// link-local address: they hand out credentials.
var metadataPrefixes = []netip.Prefix{
	netip.MustParsePrefix("192.0.0.0/24"), // IETF protocol assignments (RFC 6890); Oracle
	netip.MustParsePrefix("100.100.100.0/24"),
	netip.MustParsePrefix("168.63.129.16/32"),
	netip.MustParsePrefix("fd00:ec2::/32"),
	netip.MustParsePrefix("fd20:ce::/64"),
	netip.MustParsePrefix("fd00:42::42/128"),
	netip.MustParsePrefix("fec0::/10"), // site-local (RFC 3879)
}

// IsInternal reports whether an address belongs to this machine or a private
// network.
func IsInternal(a netip.Addr) bool {
	a = embedded(a)
	return a.IsPrivate() || within(a, sharedPrefixes) || isThisMachine(a)
}

// isThisMachine reports the internal addresses that no DNS name should resolve
// to: loopback, link-local, and where else clouds have their metadata service.
func isThisMachine(a netip.Addr) bool {
	a = embedded(a)
	return a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsMulticast() || within(a, metadataPrefixes)
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// embedded returns the IPv4 address that an IPv6 address stands for, where it
// does: mapped, compatible (RFC 4291, 2.5.5), translated (RFC 6052, 2.1, and
// RFC 8215) or tunnelled (RFC 3056, 2). Others are returned as they are.
func embedded(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a
	}
	b := a.As16()
	four := b[12:]
	switch {
	case netip.MustParsePrefix("::/96").Contains(a) && (b[12] != 0 || b[13] != 0):
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a), netip.MustParsePrefix("64:ff9b:1::/96").Contains(a):
	case netip.MustParsePrefix("2002::/16").Contains(a):
		four = b[2:6]
	default:
		return a
	}
	return netip.AddrFrom4([4]byte(four))
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
		// For servers that don't know the header.
		ExpectContinueTimeout: time.Second,
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
