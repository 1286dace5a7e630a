package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/assemble-image/assemble/internal/wire"
)

const (
	// maxBody bounds the body of any answer but a blob's, in bytes: above the
	// limits that the readers of such bodies have of their own.
	maxBody = 2 * maxManifest
	// bodyFactor times the limit on progress is the limit on the whole body.
	bodyFactor = 2
)

// maxRedirects bounds a chain of redirects.
const maxRedirects = 5

// session is an authenticated way to one repository.
type session struct {
	repo   name.Repository
	scopes []string
	client *http.Client

	anonymous bool   // no credentials are known
	source    string // the file that they come from, where that is known

	mu sync.Mutex // held during the handshake
}

// session returns the way to a repository with the given access ("pull" or
// "push,pull"), and with pull access to the other repositories. The handshake
// takes place once; when it fails, the next caller tries it again.
func (c *Client) session(ctx context.Context, repo name.Repository, access string, others ...name.Repository) (*session, error) {
	scopes := make([]string, 0, 1+len(others))
	scopes = append(scopes, repo.Scope(access)) // first: some registries look at no other
	for _, o := range others {
		scopes = append(scopes, o.Scope(transport.PullScope))
	}
	if access == transport.PullScope && len(others) == 0 {
		// Who may push may read: no second handshake, and no second token.
		if s, ok := c.sessions.peek(sessionKey(repo, []string{repo.Scope(transport.PushScope)})); ok && s.ready() {
			return s, nil
		}
	}
	s, _ := c.sessions.get(sessionKey(repo, scopes), func() *session { return &session{repo: repo, scopes: scopes} })
	if err := c.open(ctx, s); err != nil {
		return nil, err
	}
	return s, nil
}

// open makes the handshake of a session, unless it is done.
func (c *Client) open(ctx context.Context, s *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return nil
	}
	rt, err := c.handshake(ctx, s)
	if err != nil {
		return s.explain(err)
	}
	s.client = &http.Client{Transport: rt, CheckRedirect: checkRedirect}
	return nil
}

func sessionKey(repo name.Repository, scopes []string) string {
	return repo.Name() + "\n" + strings.Join(scopes, "\n")
}

// ready reports whether the handshake went well; it waits for one under way.
func (s *session) ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client != nil
}

// handshake finds out how the registry wants to be authenticated to. From the
// inside out: the wire, the watch over progress, the guard, retries; ggcr puts
// tokens on top, for the registry's own host only.
func (c *Client) handshake(ctx context.Context, s *session) (http.RoundTripper, error) {
	auth, err := authn.Resolve(ctx, c.opt.Keychain, s.repo)
	if err != nil {
		return nil, fmt.Errorf("looking up credentials: %w", err)
	}
	login, err := authn.Authorization(ctx, auth)
	if err != nil {
		return nil, fmt.Errorf("looking up credentials: %w", err)
	}
	s.anonymous = *login == authn.AuthConfig{}
	s.source = credentialFile(c.opt.Keychain)
	c.secrets.addConfig(login)
	origin := url.URL{Host: s.repo.RegistryStr()}
	var rt http.RoundTripper = &retrier{
		inner: &guard{
			inner: &wire.Bound{
				Inner:  &wire.StallGuard{Inner: c.base, Window: c.opt.Stall},
				Size:   maxBody,
				Time:   bodyFactor * c.opt.Stall,
				Exempt: isBlob,
			},
			origin:   origin.Hostname(),
			port:     origin.Port(),
			trusted:  c.opt.TrustedHosts,
			insecure: c.opt.Insecure,
		},
		policy: c.policy,
		note:   func(text string) { c.emit(Event{Kind: EventRetry, Note: text}) },
	}
	rt = &scrubber{inner: rt, secrets: &c.secrets}
	if c.opt.UserAgent != "" {
		rt = transport.NewUserAgent(rt, c.opt.UserAgent)
	}
	return transport.NewWithContext(ctx, s.repo.Registry, auth, rt, s.scopes)
}

// checkRedirect bounds redirects. Where they may lead, the guard decides.
func checkRedirect(_ *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	return nil
}

// url returns the address of something in the repository.
func (s *session) url(parts ...string) string {
	u := url.URL{
		Scheme: s.repo.Scheme(),
		Host:   s.repo.RegistryStr(),
		Path:   "/v2/" + s.repo.RepositoryStr() + "/" + strings.Join(parts, "/"),
	}
	return u.String()
}

// request is one request to a registry.
type request struct {
	method, url string
	header      map[string]string
	// body opens the body, anew for each try; nil for none.
	body func() (io.ReadCloser, error)
	size int64
	want []int
}

// do makes a request. The caller closes the answer's body; an answer with
// another status than wanted is an [*Error].
func (s *session) do(ctx context.Context, r request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, nil)
	if err != nil {
		return nil, err
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	if r.body != nil {
		req.GetBody = func() (io.ReadCloser, error) { return &lateBody{open: r.body}, nil }
		req.Body = &lateBody{open: r.body}
		req.ContentLength = r.size
		if r.size == 0 {
			req.Body = http.NoBody
		}
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, s.explain(err)
	}
	if err := checkStatus(resp, r.want...); err != nil {
		resp.Body.Close()
		return nil, s.explain(err)
	}
	return resp, nil
}

// lateBody opens a body when it is first read: a request's body may be made
// several times before one is sent.
type lateBody struct {
	open func() (io.ReadCloser, error)
	rc   io.ReadCloser
	mu   sync.Mutex
	done bool
}

func (b *lateBody) Read(p []byte) (int, error) {
	rc, err := b.opened()
	if err != nil {
		return 0, err
	}
	return rc.Read(p)
}

func (b *lateBody) opened() (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done {
		return nil, http.ErrBodyReadAfterClose
	}
	if b.rc == nil {
		rc, err := b.open()
		if err != nil {
			return nil, err
		}
		b.rc = rc
	}
	return b.rc, nil
}

func (b *lateBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = true
	if b.rc == nil {
		return nil
	}
	return b.rc.Close()
}
