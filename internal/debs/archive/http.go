package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/wire"
)

// Defaults of [Options].
const (
	defaultStall = 30 * time.Second
	defaultTries = 5
	defaultWait  = 500 * time.Millisecond
	maxRedirects = 8
	userAgent    = "assemble"
)

// The errors of files that can't be had.
var (
	// ErrNotFound says that an archive has no such file.
	ErrNotFound = errors.New("the archive doesn't have it")
	// ErrRange says that the file has no such part.
	ErrRange = errors.New("it has no such part")
	// ErrOffline says that a request would have been made.
	ErrOffline = errors.New("not in the cache, and no request is made offline")
)

// Store keeps what earlier runs read, as internal/cache does.
type Store interface {
	Get(kind, key string) ([]byte, bool)
	Put(kind, key string, data []byte) error
}

// Options are how to read archives; the zero value is of use.
type Options struct {
	// Now is the time that signatures and Release files are held against; zero
	// means the clock's.
	Now time.Time
	// Cache keeps lists of packages, and when each Release was made; nil keeps
	// nothing, and then nothing is known of what was seen before.
	Cache Store
	// Offline makes no request: what isn't in the cache is [ErrOffline]. Archives
	// on this machine are read all the same.
	Offline bool
	// AllowOlder takes a Release that is older than what was seen before.
	AllowOlder bool
	// Credential finds the user name and password for a URL's host; it is asked
	// with scheme, host and port only. Nil knows none.
	Credential func(*url.URL) (user, password string, ok bool)
	// Stall is how long a request may go without progress; 0 is 30 seconds.
	Stall time.Duration
	// Tries bounds how often a request is made that fails for the time being; 0
	// is 5. Backoff is the wait before the second one, doubled for each further
	// one; 0 is half a second.
	Tries   int
	Backoff time.Duration
	// Transport makes the requests; nil is one with Go's rules for proxies and
	// certificate authorities.
	Transport http.RoundTripper
	// Trace is called after each request, for debugging; it may be nil.
	Trace func(wire.Exchange)
	// Note is told, in one line each, what a user may like to know; nil is
	// silence. It may be called from several goroutines.
	Note func(string)
}

// Client reads archives. It keeps connections, so one should serve a whole run.
type Client struct {
	opt    Options
	policy wire.Policy
	http   *http.Client
}

// New returns a client. It makes no request.
func New(opt Options) *Client {
	opt.Stall = cmp.Or(max(opt.Stall, 0), defaultStall)
	opt.Tries = cmp.Or(max(opt.Tries, 0), defaultTries)
	opt.Backoff = cmp.Or(max(opt.Backoff, 0), defaultWait)
	if opt.Now.IsZero() {
		opt.Now = time.Now()
	}
	if opt.Note == nil {
		opt.Note = func(string) {}
	}
	inner := opt.Transport
	if inner == nil {
		inner = wire.NewTransport()
	}
	c := &Client{opt: opt, policy: wire.Policy{Tries: opt.Tries, Wait: opt.Backoff}}
	c.http = &http.Client{
		Transport:     &guard{client: c, inner: &wire.StallGuard{Inner: wire.Traced(inner, opt.Trace), Window: opt.Stall}},
		CheckRedirect: checkRedirect,
	}
	return c
}

// namedKey carries whether the user named the host of a request.
type namedKey struct{}

type named struct{ host string }

// guard is the transport that says where requests may go. Plain HTTP is spoken,
// since signatures say what is genuine; hosts that a base or a server names are
// not looked for on this machine.
type guard struct {
	client *Client
	inner  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(in *http.Request) (*http.Response, error) {
	ctx := in.Context()
	if n, _ := ctx.Value(namedKey{}).(named); n.host != in.URL.Host {
		host := in.URL.Hostname()
		if addr, err := netip.ParseAddr(host); (err == nil && wire.IsInternal(addr)) || wire.IsLoopback(host) {
			return nil, fmt.Errorf("%w: %s is an internal address, and nobody named it", wire.ErrInsecure, in.URL.Host)
		}
		ctx = wire.WithForeignHost(ctx, in.URL.Host)
	}
	req := in.Clone(ctx)
	req.Header.Set("User-Agent", userAgent)
	req.Header.Del("Referer")
	if g.client.opt.Credential != nil && req.Header.Get("Authorization") == "" {
		if user, password, ok := g.client.opt.Credential(&url.URL{Scheme: in.URL.Scheme, Host: in.URL.Host}); ok {
			req.SetBasicAuth(user, password)
		}
	}
	return g.inner.RoundTrip(req)
}

// checkRedirect bounds redirects and keeps TLS. Go drops the Authorization of
// another host by itself; credentials in a Location are not ours.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	if req.URL.Scheme != "https" && (req.URL.Scheme != "http" || via[len(via)-1].URL.Scheme == "https") {
		return fmt.Errorf("%w: redirect from https to plain HTTP, or elsewhere", wire.ErrInsecure)
	}
	req.URL.User = nil
	return nil
}

// Open opens a file of an archive at its root's URI, and returns its size, -1
// where it isn't known; byUser says that the user named the root. It makes one
// try. The error is [ErrNotFound] where the archive has no such file, and has no
// credentials in it.
func (c *Client) Open(ctx context.Context, root, name string, byUser bool) (io.ReadCloser, int64, error) {
	body, _, size, err := c.open(ctx, root, name, 0, byUser)
	return body, size, err
}

// OpenAt is Open from an offset on. It returns where the content begins: there,
// or at 0. The error is [ErrRange] where the file doesn't go on there.
func (c *Client) OpenAt(ctx context.Context, root, name string, offset int64, byUser bool) (io.ReadCloser, int64, error) {
	body, from, _, err := c.open(ctx, root, name, offset, byUser)
	return body, from, err
}

func (c *Client) open(ctx context.Context, root, name string, offset int64, byUser bool) (body io.ReadCloser, from, size int64, err error) {
	u, err := url.Parse(join(root, name))
	if err != nil {
		return nil, 0, 0, errors.New("the URI is malformed")
	}
	if u.Scheme == "file" || u.Scheme == "copy" {
		return openLocal(u.Path, offset)
	}
	if c.opt.Offline {
		return nil, 0, 0, ErrOffline
	}
	req, err := newRequest(ctx, u, byUser)
	if err != nil {
		return nil, 0, 0, err
	}
	if offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, 0, 0, bare(err)
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		return resp.Body, 0, resp.ContentLength, nil
	case resp.StatusCode == http.StatusPartialContent && offset > 0 && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", offset)):
		return resp.Body, offset, -1, nil
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusRequestedRangeNotSatisfiable || resp.StatusCode == http.StatusPartialContent {
		return nil, 0, 0, ErrRange
	}
	return nil, 0, 0, statusError(resp, c.opt.Now)
}

func openLocal(path string, offset int64) (io.ReadCloser, int64, int64, error) {
	f, fi, err := osfile.OpenRegular(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, 0, ErrNotFound
	case err != nil:
		return nil, 0, 0, osfile.WithoutPath(err)
	case offset > fi.Size():
		return nil, 0, 0, errors.Join(ErrRange, f.Close())
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, 0, 0, errors.Join(osfile.WithoutPath(err), f.Close())
	}
	return f, offset, fi.Size(), nil
}

// newRequest makes a request with the URL's credentials, for the guard.
func newRequest(ctx context.Context, u *url.URL, byUser bool) (*http.Request, error) {
	n := named{}
	if byUser {
		n.host = u.Host
	}
	user := u.User
	u.User = nil
	req, err := http.NewRequestWithContext(context.WithValue(ctx, namedKey{}, n), http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, errors.New("the URI is malformed")
	}
	// What is listed are the files' own digests and sizes.
	req.Header.Set("Accept-Encoding", "identity")
	if user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	return req, nil
}

// StatusError is an answer that isn't what was asked for.
type StatusError struct {
	Status int
	after  time.Duration
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answers %d %s", e.Status, http.StatusText(e.Status))
}

func statusError(resp *http.Response, now time.Time) error {
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
		return ErrNotFound
	}
	return &StatusError{Status: resp.StatusCode, after: wire.RetryAfter(resp.Header, now)}
}

// bare takes the URL out of an error, which may have a password in it.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// temporary reports whether another try may help, and how long the server wants
// to be left alone.
func temporary(err error) (time.Duration, bool) {
	var status *StatusError
	if errors.As(err, &status) {
		return status.after, wire.TemporaryStatus(status.Status)
	}
	return 0, wire.Temporary(err)
}

// Again waits before another try, after the n-th in a row failed with err, and
// tells note so. It returns an error where another try can't help: err, or the
// context's.
func (c *Client) Again(ctx context.Context, n int, err error, note func(string)) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	wait, again := temporary(err)
	if again {
		wait, again = c.policy.Next(n, err, wait)
	}
	if !again {
		return err
	}
	note(fmt.Sprintf("%v; retrying in %v", err, wait.Round(time.Millisecond)))
	return wire.Sleep(ctx, wait)
}

// read reads a whole file of at most limit bytes from one root, with further
// tries where they may help.
func (c *Client) read(ctx context.Context, root, name string, limit int64, byUser bool) ([]byte, error) {
	at := Shown(join(root, name))
	for n := 1; ; n++ {
		data, err := c.readOnce(wire.WithAttempt(ctx, n), root, name, limit, byUser)
		if err == nil {
			return data, nil
		}
		if err = c.Again(ctx, n, err, func(s string) { c.opt.Note(fmt.Sprintf("reading %q: %s", at, s)) }); err != nil {
			return nil, fmt.Errorf("reading %q: %w", at, err)
		}
	}
}

func (c *Client) readOnce(ctx context.Context, root, name string, limit int64, byUser bool) ([]byte, error) {
	body, size, err := c.Open(ctx, root, name, byUser)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if size > limit {
		return nil, fmt.Errorf("it has %d bytes, more than the %d that it may have", size, limit)
	}
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("it has more than the %d bytes that it may have", limit)
	case size >= 0 && int64(len(data)) != size:
		return nil, io.ErrUnexpectedEOF
	}
	return data, nil
}
