package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
)

// masked replaces whatever may be secret.
const masked = "***"

// shownQueries are the query parameters whose values are shown: those of the OCI
// distribution spec, and service and scope of the token protocol. Anything else
// may be a signature, a session or a token.
var shownQueries = map[string]bool{
	"digest": true, "from": true, "mount": true, "n": true, "last": true, "artifactType": true,
	"service": true, "scope": true,
}

// MaskURL returns a URL to show to people: without userinfo and fragment, and with
// the values of unknown query parameters masked. The path is shown as it is.
func MaskURL(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	if u.Opaque != "" {
		shown.Path, shown.RawPath = masked, ""
	}
	text := shown.String()
	if u.RawQuery != "" {
		text += "?" + maskQuery(u.RawQuery)
	}
	return text
}

// maskQuery masks each parameter by itself. The name of an unknown one is shown,
// unless it is all there is, and may thus be the secret.
func maskQuery(raw string) string {
	params := strings.Split(raw, "&")
	for i, param := range params {
		name, value, hasValue := strings.Cut(param, "=")
		plain, err := url.QueryUnescape(value)
		switch {
		case !hasValue || !isParamName(name):
			params[i] = masked
		case !shownQueries[name] || err != nil:
			params[i] = name + "=" + masked
		default:
			// Escaped anew, but for what makes references readable.
			params[i] = name + "=" + strings.NewReplacer("%2F", "/", "%3A", ":", "%2C", ",").Replace(url.QueryEscape(plain))
		}
	}
	return strings.Join(params, "&")
}

// isParamName reports whether s looks like the name of a query parameter, rather
// than a piece of a secret that holds an equals sign.
func isParamName(s string) bool {
	const most = 40
	return s != "" && len(s) <= most && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == ""
}

// errorText describes why a request failed, without URLs: a proxy's may have a
// password in it. Errors of unknown kinds are named by their type.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	for _, known := range []error{
		ErrStalled, ErrInsecure, context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	var errno syscall.Errno
	var dns *net.DNSError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &dns):
		return fmt.Sprintf("looking up %q: %s", dns.Name, dns.Err)
	case errors.As(err, &authority):
		return authority.Error()
	case errors.As(err, &hostname):
		return hostname.Error()
	case errors.As(err, &invalid):
		return invalid.Error()
	case errors.As(err, &record):
		return "the server doesn't speak TLS"
	case isTimeout(err):
		return "timeout"
	}
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return fmt.Sprintf("error of type %T", err)
}
