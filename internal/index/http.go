package index

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/assemble-image/assemble/internal/wire"
)

// maxRedirects bounds a chain of redirects.
const maxRedirects = 8

// userAgent is sent with each request.
const userAgent = "assemble"

// newTransports returns the transports for pages and for files. Many small
// pages share a connection well; a few long files are faster on one each.
func newTransports(roots *x509.CertPool) (pages, files http.RoundTripper) {
	several, single := wire.NewTransport(), wire.NewTransport()
	if roots != nil {
		several.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		single.TLSClientConfig = several.TLSClientConfig.Clone()
	}
	single.Protocols = new(http.Protocols)
	single.Protocols.SetHTTP1(true)
	return several, single
}

func (c *Client) newHTTP(inner http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     &guard{client: c, inner: &wire.StallGuard{Inner: wire.Traced(inner, c.opt.Trace), Window: c.opt.Stall}},
		CheckRedirect: checkRedirect,
	}
}

// guard is the transport that says where requests may go and what they carry.
// Each hop of a chain of redirects comes through here, and gets the
// credentials of its own origin or none.
type guard struct {
	client *Client
	inner  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(in *http.Request) (*http.Response, error) {
	host := in.URL.Hostname()
	switch in.URL.Scheme {
	case "https":
	case "http":
		if !wire.IsLoopback(host) {
			return nil, fmt.Errorf("%w: %s: plain HTTP", wire.ErrInsecure, in.URL.Host)
		}
	default:
		return nil, fmt.Errorf("%w: the index redirects to a URL of scheme %.20q", wire.ErrInsecure, in.URL.Scheme)
	}
	ctx := in.Context()
	if !g.client.isNamed(host) {
		if addr, err := netip.ParseAddr(host); (err == nil && wire.IsInternal(addr)) || wire.IsLoopback(host) {
			return nil, fmt.Errorf("%w: the index redirects to %s, an internal address", wire.ErrInsecure, in.URL.Host)
		}
		ctx = wire.WithForeignHost(ctx, in.URL.Host)
	}
	req := in.Clone(ctx)
	req.Header.Set("User-Agent", userAgent)
	req.Header.Del("Referer") // a signed URL is nobody else's business
	req.Header.Del("Authorization")
	if cred, ok := g.client.credential(in.URL); ok {
		req.SetBasicAuth(cred.Username, cred.Password)
	}
	return g.inner.RoundTrip(req)
}

// isNamed reports whether the user named a host. All of loopback is one host,
// and so are all bare addresses of a private network.
func (c *Client) isNamed(host string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.named[host] {
		return true
	}
	for name := range c.named {
		if wire.IsLoopback(name) && wire.IsLoopback(host) || isPrivate(name) && isPrivate(host) {
			return true
		}
	}
	return false
}

func isPrivate(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsPrivate()
}

// checkRedirect bounds redirects and keeps TLS. Credentials in a Location are
// not ours and are dropped.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	if req.URL.Scheme == "http" && via[len(via)-1].URL.Scheme == "https" {
		return fmt.Errorf("%w: %s: redirect from https to plain HTTP", wire.ErrInsecure, req.URL.Host)
	}
	req.URL.User = nil
	return nil
}

// send makes one request by one of the client's two ways. The caller closes the
// answer's body.
func (c *Client) send(ctx context.Context, way *http.Client, u *url.URL, header map[string]string) (*http.Response, error) {
	if c.opt.Offline {
		return nil, &Error{kind: ErrOffline}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, bare(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := way.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, bare(err)
	}
	return resp, nil
}

// refused returns the error of an unwanted answer and closes it.
func refused(resp *http.Response) error {
	resp.Body.Close()
	return statusError(resp, wire.RetryAfter(resp.Header, time.Now()))
}

// Retry returns how long to wait before another try of a request that failed
// for the n-th time, counted from 1, or false where that can't help.
func (c *Client) Retry(n int, err error) (time.Duration, bool) { return retryAfter(c.policy, n, err) }

func retryAfter(policy wire.Policy, n int, err error) (time.Duration, bool) {
	var e *Error
	temporary := wire.Temporary(err)
	var after time.Duration
	if errors.As(err, &e) {
		if e.Status != 0 {
			temporary = wire.TemporaryStatus(e.Status)
		}
		temporary = temporary && !errors.Is(err, ErrContent)
		after = e.RetryAfter
	}
	if !temporary {
		return 0, false
	}
	return policy.Next(n, err, after)
}

// retry repeats a step while it fails for the time being.
func (c *Client) retry(ctx context.Context, policy wire.Policy, op, server string, step func(context.Context) error) error {
	for n := 1; ; n++ {
		err := step(wire.WithAttempt(ctx, n))
		if err == nil {
			return nil
		}
		err = describe(err, op, server)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d, again := retryAfter(policy, n, err)
		if !again {
			return err
		}
		c.note("%v; retrying in %v", err, d.Round(time.Millisecond))
		if err := wire.Sleep(ctx, d); err != nil {
			return err
		}
	}
}
