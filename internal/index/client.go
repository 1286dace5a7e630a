package index

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/assemble-image/assemble/internal/wire"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Defaults of [Options].
const (
	defaultStall = 30 * time.Second
	defaultTries = 6
	defaultWait  = 500 * time.Millisecond

	// pagesAtOnce bounds how many pages are in memory at a time, however many
	// are asked for: what is kept of one may have megabytes.
	pagesAtOnce = 8
)

// Store keeps what earlier runs read, as internal/cache does. Put must not
// keep the slice.
type Store interface {
	Get(kind, key string) ([]byte, bool)
	Put(kind, key string, data []byte) error
}

// Options configures a [Client]; the zero value has no index, but opens files.
type Options struct {
	// URLs are the indexes, in the order in which they are asked. Each is the
	// directory above the projects' pages. They may hold credentials.
	URLs []string
	// FindLinks are places that list files of many projects, asked before the
	// indexes: directories, pages in HTML, and wheels, each as a path or as a
	// file, http or https URL. They may hold credentials.
	FindLinks []string
	// IndexCredential is for the origin of the first index, where its URL has
	// no credentials; see [EnvironmentCredential].
	IndexCredential Credential
	// Keyring finds credentials for other origins, such as [Netrc.Keyring].
	Keyring Keyring
	// Cache keeps pages and metadata; nil keeps nothing.
	Cache Store
	// Offline makes no request: what isn't in the cache is [ErrOffline].
	Offline bool
	// Refresh asks the index even where the cache is fresh.
	Refresh bool
	// Fits says which wheels are of use, by their tags; the others are counted
	// and not kept, which saves most of the memory that large projects take.
	// Nil takes all.
	Fits func([]tags.Tag) bool
	// Stall is how long a request may go without progress; 0 is 30 seconds.
	Stall time.Duration
	// Tries bounds how often a request is made when it fails for the time
	// being; 0 is 6.
	Tries int
	// Backoff is the wait before the second try, doubled for each further
	// one; 0 is half a second. A Retry-After of the index comes first.
	Backoff time.Duration
	// RootCAs are the certificate authorities to trust, nil those of the system.
	// They don't count where Transport is given.
	RootCAs *x509.CertPool
	// Transport makes the requests; nil is a transport with Go's rules for
	// proxies and certificate authorities.
	Transport http.RoundTripper
	// Trace is called after each request, for debugging; it may be nil.
	Trace func(wire.Exchange)
	// Note is told, in one line each, what a user may like to know. It is
	// called from several goroutines; nil is silence.
	Note func(string)
}

// Client is safe for concurrent use. It keeps its connections, so one client
// should serve a whole run; what it has read is for the cache and the caller to
// keep.
type Client struct {
	opt    Options
	places []*place
	pages  *http.Client
	files  *http.Client
	policy wire.Policy
	spaces chan *workspace // those that aren't in use

	mu    sync.Mutex
	own   map[string]Credential // by origin, from URLs that the user gave
	named map[string]bool       // hosts that the user named, without port
}

// New returns a client. It makes no request. It fails on a URL that is none of
// an index, without repeating what may be secret in it.
func New(opt Options) (*Client, error) {
	opt.Stall = cmp.Or(max(opt.Stall, 0), defaultStall)
	opt.Tries = cmp.Or(max(opt.Tries, 0), defaultTries)
	opt.Backoff = cmp.Or(max(opt.Backoff, 0), defaultWait)
	c := &Client{
		opt:    opt,
		policy: wire.Policy{Tries: opt.Tries, Wait: opt.Backoff},
		spaces: make(chan *workspace, pagesAtOnce),
		own:    map[string]Credential{},
		named:  map[string]bool{},
	}
	for range pagesAtOnce {
		c.spaces <- &workspace{client: c}
	}
	pages, files := opt.Transport, opt.Transport
	if opt.Transport == nil {
		pages, files = newTransports(opt.RootCAs)
	}
	c.pages, c.files = c.newHTTP(pages), c.newHTTP(files)
	var errs []error
	for i, text := range opt.FindLinks {
		p, err := c.addFlat(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("reading find_links %d: %w", i+1, err))
			continue
		}
		c.places = append(c.places, p)
	}
	for i, text := range opt.URLs {
		p, err := c.addIndex(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("reading the URL of index %d: %w", i+1, err))
			continue
		}
		if i == 0 {
			c.addOwn(p.url, opt.IndexCredential)
		}
		c.places = append(c.places, p)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// adopt takes a URL that the user gave: its host may be spoken to, and its
// credentials are kept for its origin. It returns the URL without them.
func (c *Client) adopt(text string) (*url.URL, error) {
	u, err := parseURL(text)
	if err != nil {
		return nil, err
	}
	if u.User != nil {
		password, _ := u.User.Password()
		c.addOwn(u, Credential{Username: u.User.Username(), Password: password})
		u.User = nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.named[u.Hostname()] = true
	return u, nil
}

// addOwn keeps a credential for an origin that has none yet.
func (c *Client) addOwn(u *url.URL, cred Credential) {
	if cred.isZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, found := c.own[origin(u)]; !found {
		c.own[origin(u)] = cred
	}
}

// Note tells the user something by [Options.Note].
func (c *Client) note(format string, args ...any) {
	if c.opt.Note != nil {
		c.opt.Note(fmt.Sprintf(format, args...))
	}
}
