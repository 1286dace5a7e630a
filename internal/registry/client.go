package registry

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/wire"
)

// Defaults of [Options].
const (
	defaultJobs  = 4
	defaultStall = 30 * time.Second
	defaultTries = 6
	defaultWait  = 500 * time.Millisecond
)

// Options configures a [Client]; the zero value is fine.
type Options struct {
	// Keychain finds credentials; nil is authn.DefaultKeychain, which reads
	// docker's and podman's files and runs their helpers.
	Keychain authn.Keychain
	// Insecure permits plain HTTP to registries that are not on loopback.
	Insecure bool
	// TrustedHosts are hosts ("host" or "host:port", as in a URL) that a
	// registry may send us to though they are internal: its token server on
	// another port of this machine, or storage in the local network.
	TrustedHosts []string
	// Jobs bounds the uploads at a time; 0 is 4.
	Jobs int
	// ChunkSize is how many bytes of a blob are sent with one request at most;
	// 0 sends all at once, and in chunks where the registry refuses that.
	ChunkSize int64
	// Stall is how long a request may go without progress; 0 is 30 seconds.
	Stall time.Duration
	// Tries bounds how often a request is made when it fails for the time
	// being; 0 is 6.
	Tries int
	// Backoff is the wait before the second try, doubled for each further
	// one; 0 is half a second. A Retry-After of the registry comes first.
	Backoff time.Duration
	// UserAgent is sent in front of the library's own; it may be empty.
	UserAgent string
	// Progress is told what happens. It is called from several goroutines at
	// once and must return soon; nil is silent.
	Progress func(Event)
	// Transport makes the requests; nil is a transport with Go's proxy rules
	// that guards where connections go. Another one is used as it is.
	Transport http.RoundTripper
	// Mirrors lists, for a registry ("index.docker.io", "host:5000"), where its
	// images are looked for before it is asked itself; nil is nowhere. Only
	// [Bases] reads from mirrors.
	Mirrors func(registry string) ([]Mirror, error)
	// Store keeps manifests and configs of images that were read; nil keeps
	// none.
	Store Store
	// Trace is called after each request, for debugging; it may be nil.
	Trace func(wire.Exchange)
}

// EventKind says what an [Event] tells.
type EventKind string

// Kinds of events.
const (
	// EventExisted: the blob was there already.
	EventExisted EventKind = "existed"
	// EventMounted: the blob was mounted from the base's repository.
	EventMounted EventKind = "mounted"
	// EventUploading: Complete of Total bytes of a blob are sent. Complete
	// falls back when an upload starts anew.
	EventUploading EventKind = "uploading"
	// EventUploaded: the blob is complete.
	EventUploaded EventKind = "uploaded"
	// EventRetry: a request failed for the time being; Note says how and how
	// long it waits.
	EventRetry EventKind = "retry"
	// EventManifest and EventTag: a manifest was put, by digest or tag.
	EventManifest EventKind = "manifest"
	EventTag      EventKind = "tag"
)

// Event is a step of the work, for showing progress.
type Event struct {
	Kind EventKind
	// Digest is the blob's or manifest's; zero for EventRetry.
	Digest v1.Hash
	// Complete and Total are bytes.
	Complete, Total int64
	// Note is for people: a tag, or a reason.
	Note string
}

// Client is safe for concurrent use. It keeps tokens and what it has pushed,
// so one client should serve a whole run.
type Client struct {
	opt      Options
	base     http.RoundTripper
	policy   policy
	uploads  chan struct{}
	sessions keyed[*session]
	flights  keyed[*flight]
	fallback keyed[*sync.Mutex]
	mirrors  keyed[*Client]
	secrets  secrets // what is sent, so that no message repeats it

	mu        sync.Mutex
	manifests map[v1.Hash]manifest // those put by this client
	chunks    map[string]int64     // sizes of chunks, by registry
}

// New returns a client. It makes no request.
func New(opt Options) *Client {
	if opt.Keychain == nil {
		opt.Keychain = authn.DefaultKeychain
	}
	if opt.Jobs <= 0 {
		opt.Jobs = defaultJobs
	}
	if opt.Stall <= 0 {
		opt.Stall = defaultStall
	}
	if opt.Tries <= 0 {
		opt.Tries = defaultTries
	}
	if opt.Backoff <= 0 {
		opt.Backoff = defaultWait
	}
	c := &Client{
		opt:       opt,
		base:      opt.Transport,
		policy:    policy{wire.Policy{Tries: opt.Tries, Wait: opt.Backoff}},
		uploads:   make(chan struct{}, opt.Jobs),
		manifests: map[v1.Hash]manifest{},
		secrets:   secrets{known: map[string]bool{}},
		chunks:    map[string]int64{},
	}
	if c.base == nil {
		c.base = wire.NewTransport()
	}
	c.base = wire.Traced(c.base, opt.Trace)
	return c
}

// emit tells the caller about a step.
func (c *Client) emit(e Event) {
	if c.opt.Progress != nil {
		c.opt.Progress(e)
	}
}

// acquire takes one of the places for uploads; release gives it back.
func (c *Client) acquire(ctx context.Context) (release func(), err error) {
	select {
	case c.uploads <- struct{}{}:
		return func() { <-c.uploads }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// keyed is a map whose entries are made on first use.
type keyed[V any] struct {
	mu sync.Mutex
	m  map[string]V
}

// get returns the entry of a key and whether it had to be made.
func (k *keyed[V]) get(key string, create func() V) (v V, created bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if v, ok := k.m[key]; ok {
		return v, false
	}
	if k.m == nil {
		k.m = map[string]V{}
	}
	v = create()
	k.m[key] = v
	return v, true
}

// peek returns the entry of a key if there is one.
func (k *keyed[V]) peek(key string) (v V, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok = k.m[key]
	return v, ok
}

func (k *keyed[V]) drop(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.m, key)
}
