package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/wire"
)

// Mirror is another place for what a registry has.
type Mirror struct {
	// Host is where it is, "host" or "host:port"; HTTP says that it speaks plain
	// HTTP.
	Host string
	HTTP bool
	// Prefix goes before the names of repositories, "dockerhub"; it may be empty.
	Prefix string
	// Root takes the place of "/v2" in addresses, where it isn't empty.
	Root string
	// Namespace, unless empty, is sent as the query's "ns", by which a mirror of
	// several registries tells them apart.
	Namespace string
	// DigestOnly says that it isn't asked what a tag stands for.
	DigestOnly bool
	// Header is sent with each request, Transport makes it; nil is the client's.
	Header    http.Header
	Transport http.RoundTripper
}

// String names the mirror for people.
func (m Mirror) String() string { return strings.TrimSuffix(m.Host+"/"+m.Prefix, "/") }

// repository is where the mirror has what a repository has.
func (m Mirror) repository(r name.Repository) (name.Repository, error) {
	var opts []name.Option
	if m.HTTP {
		opts = append(opts, name.Insecure)
	}
	path := r.RepositoryStr()
	if m.Prefix != "" {
		path = m.Prefix + "/" + path
	}
	return name.NewRepository(m.Host+"/"+path, opts...)
}

// Bases reads images that others are built upon, from the mirrors of their
// registries first. What is pushed is never read from a mirror, which may be
// behind.
type Bases struct{ client *Client }

// Bases returns the client's way to bases.
func (c *Client) Bases() Bases { return Bases{c} }

// Image is [Client.Image] from the first mirror that has it, or else from the
// registry.
func (b Bases) Image(ctx context.Context, ref string, p v1.Platform) (v1.Image, v1.Hash, error) {
	r, err := ParseReference(ref, b.client.opt.Insecure)
	if err != nil {
		return nil, v1.Hash{}, err
	}
	img, top, err := b.client.mirrored(ctx, r, p)
	if err != nil {
		return nil, v1.Hash{}, describe(fmt.Sprintf("reading image %q from a mirror", ref), r.Context(), err)
	}
	if img != nil {
		return img, top, nil
	}
	return b.client.Image(ctx, ref, p)
}

// maxMirror is how long a mirror may take to answer: those after it, and the
// registry, want some of the time that a base has.
const maxMirror = 6 * time.Second

// mirrorTries bounds how often a mirror is asked the same.
const mirrorTries = 3

// mirrored reads an image from the mirrors of its registry, in order; it is nil
// where none has it. What failed is told, and tried elsewhere; a digest that is
// asked for decides whether it is the right one.
func (c *Client) mirrored(ctx context.Context, r name.Reference, p v1.Platform) (v1.Image, v1.Hash, error) {
	if c.opt.Mirrors == nil {
		return nil, v1.Hash{}, nil
	}
	list, err := c.opt.Mirrors(r.Context().RegistryStr())
	if err != nil {
		return nil, v1.Hash{}, err
	}
	_, byDigest := r.(name.Digest)
	for i, m := range list {
		if m.DigestOnly && !byDigest {
			continue
		}
		img, top, err := c.fromMirror(wire.Prompt(ctx), fmt.Sprintf("%s %d", r.Context().RegistryStr(), i), m, r, p)
		if err == nil {
			c.emit(Event{Kind: EventMirror, Digest: top, Note: fmt.Sprintf("%s comes from the mirror %s", r.Name(), m)})
			return img, top, nil
		}
		if ctx.Err() != nil {
			return nil, v1.Hash{}, context.Cause(ctx)
		}
		if !errors.Is(err, ErrNotFound) {
			c.emit(Event{Kind: EventMirror, Note: fmt.Sprintf("the mirror %s can't be used: %v", m, toError(err))})
		}
	}
	return nil, v1.Hash{}, nil
}

// EventMirror: an image comes from a mirror, or one can't be used; Note says it.
const EventMirror EventKind = "mirror"

// fromMirror reads an image from one mirror, with a client of its own: another
// host with other credentials, certificates and addresses.
func (c *Client) fromMirror(ctx context.Context, key string, m Mirror, r name.Reference, p v1.Platform) (v1.Image, v1.Hash, error) {
	repo, err := m.repository(r.Context())
	if err != nil {
		return nil, v1.Hash{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, maxMirror)
	defer cancel()
	client, _ := c.mirrors.get(key, func() *Client { return c.forMirror(m) })
	at := name.Reference(repo.Tag(r.Identifier()))
	if _, ok := r.(name.Digest); ok {
		at = repo.Digest(r.Identifier())
	}
	return client.image(ctx, at, p)
}

func (c *Client) forMirror(m Mirror) *Client {
	opt := c.opt
	opt.Mirrors = nil
	opt.Insecure = opt.Insecure || m.HTTP
	opt.Tries = min(opt.Tries, mirrorTries)
	if m.Transport != nil {
		opt.Transport = m.Transport
	}
	if m.Root != "" || m.Namespace != "" || len(m.Header) > 0 {
		inner := opt.Transport
		if inner == nil {
			inner = wire.NewTransport()
		}
		opt.Transport = &mirrorTransport{inner: inner, mirror: m}
	}
	return New(opt)
}

// mirrorTransport sends requests to where a mirror has its API.
type mirrorTransport struct {
	inner  http.RoundTripper
	mirror Mirror
}

// RoundTrip implements http.RoundTripper. What goes to other hosts, by redirects
// or to token servers, stays as it is.
func (t *mirrorTransport) RoundTrip(in *http.Request) (*http.Response, error) {
	if !strings.EqualFold(in.URL.Host, t.mirror.Host) {
		return t.inner.RoundTrip(in)
	}
	out := in.Clone(in.Context())
	if rest, ok := strings.CutPrefix(out.URL.Path, "/v2/"); ok {
		if t.mirror.Root != "" {
			out.URL.Path = strings.TrimSuffix(t.mirror.Root, "/") + "/" + rest
			out.URL.RawPath = ""
		}
		if t.mirror.Namespace != "" && rest != "" {
			q := out.URL.Query()
			q.Set("ns", t.mirror.Namespace)
			out.URL.RawQuery = q.Encode()
		}
	}
	for k, values := range t.mirror.Header {
		out.Header[k] = values
	}
	return t.inner.RoundTrip(out)
}
