package serve

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// protect refuses what a web page may make a browser on this machine send.
// There is no authentication, so that listening on loopback is all the
// protection there is, and a browser is a way around it: a page whose name
// resolves to 127.0.0.1 (DNS rebinding) sends its own name as the host, and one
// that sends requests across origins says where it comes from. Anybody may
// name a public registry, but no page may use it from another origin.
func protect(next http.Handler, public bool) http.Handler {
	crossOrigin := http.NewCrossOriginProtection() // by Sec-Fetch-Site, for writes
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !public && !isLoopbackHost(r.Host):
			deny(w, fmt.Sprintf("the registry is for this machine only, and %q is not one of its loopback names", r.Host))
		case !isSameOrigin(r) || crossOrigin.Check(r) != nil:
			deny(w, "requests from web pages of another origin are refused")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isLoopbackHost reports whether a Host header, with or without a port, names
// this machine: "localhost" and names below it (RFC 6761, 6.3), or a loopback
// address.
func isLoopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && addr.Unmap().IsLoopback()
}

// isSameOrigin reports whether a request names no origin (RFC 6454, 7), as
// from programs other than browsers, or the registry itself.
func isSameOrigin(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	return true
}

// deny refuses what may not be done.
func deny(w http.ResponseWriter, message string) {
	writeError(w, http.StatusForbidden, "DENIED", message)
}

// writeError answers in the words of the distribution specification ("Error
// Codes").
func writeError(w http.ResponseWriter, status int, code, message string) {
	body, err := json.Marshal(map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
	if err != nil {
		body = nil // strings always encode
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}
