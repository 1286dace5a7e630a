package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/distribution/distribution/v3/registry/handlers"
)

// ErrNotLoopback is the error for an address that other machines could reach.
var ErrNotLoopback = errors.New("not a loopback address")

const (
	// headerTimeout is how long a client may take to send a request's header.
	headerTimeout = 30 * time.Second
	// closeTimeout is how long requests in progress may take at shutdown.
	closeTimeout = 3 * time.Second
)

// Options configures a registry.
type Options struct {
	// Dir holds the content; it is created if it does not exist.
	Dir string
	// Address is where to listen, "host:port"; port 0 means any free port. ""
	// means 127.0.0.1 and any free port.
	Address string
	// Public allows addresses that other machines can reach, and other host names
	// than those of loopback.
	Public bool
	// ReadOnly refuses all that changes something.
	ReadOnly bool
	// Passwords is an htpasswd file with bcrypt entries; with it, only who knows
	// one of its passwords is let in, and it is read again when it changes.
	// AnybodyReads asks for a password only where something changes.
	Passwords    string
	AnybodyReads bool
	// Certificate and Key are PEM files; with them HTTPS is spoken, and nothing
	// else. They are read again when they change.
	Certificate, Key string
	// Requests is called for each request once it is answered, from several
	// goroutines at once; it may be nil.
	Requests func(Request)
}

// Server is a registry that is running.
type Server struct {
	// Addr is where it listens, "host:port".
	Addr string

	http     *http.Server
	app      *handlers.App
	cancel   context.CancelFunc
	failed   chan error
	store    store
	gate     *gate
	listing  listing
	metrics  *metrics
	readOnly bool
}

// Run serves until the context is done, which is not an error. It calls ready
// with the address once it listens; ready may be nil.
func Run(ctx context.Context, opt Options, ready func(addr string)) error {
	s, err := Start(ctx, opt)
	if err != nil {
		return err
	}
	if ready != nil {
		ready(s.Addr)
	}
	select {
	case <-ctx.Done():
		return s.close(context.WithoutCancel(ctx))
	case err := <-s.failed:
		return errors.Join(fmt.Errorf("serving on %s: %w", s.Addr, err), s.close(context.WithoutCancel(ctx)))
	}
}

// Start starts a registry and returns once it listens. The caller must close it;
// cancelling the context does not. Its errors wrap [ErrNotLoopback] where that
// is the reason.
func Start(ctx context.Context, opt Options) (*Server, error) {
	if opt.Dir == "" {
		return nil, errors.New("starting a registry: no directory specified")
	}
	dir, err := filepath.Abs(opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("starting a registry: %w", err)
	}
	guarded, err := opt.guards()
	if err != nil {
		return nil, fmt.Errorf("starting a registry: %w", err)
	}
	ln, err := listen(ctx, opt)
	if err != nil {
		return nil, fmt.Errorf("starting a registry: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, errors.Join(fmt.Errorf("starting a registry: %w", err), ln.Close())
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	app, err := newApp(base, dir, opt.ReadOnly)
	if err != nil {
		cancel()
		return nil, errors.Join(fmt.Errorf("starting a registry in %q: %w", opt.Dir, err), ln.Close())
	}
	s := &Server{
		Addr:   ln.Addr().String(),
		app:    app,
		cancel: cancel,
		failed: make(chan error, 1),

		store: newStore(dir), gate: newGate(dir), readOnly: opt.ReadOnly,
		metrics: &metrics{requests: map[[3]string]int64{}},
	}
	s.http = &http.Server{
		Handler:           observe(s.metrics.count(protect(authenticate(s.routes(app), guarded.passwords, opt.AnybodyReads), opt.Public)), opt.Requests),
		ReadHeaderTimeout: headerTimeout,
		ErrorLog:          log.New(io.Discard, "", 0),
		TLSConfig:         guarded.tls,
	}
	go func() {
		if err := s.serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	return s, nil
}

func (s *Server) serve(ln net.Listener) error {
	if s.http.TLSConfig != nil {
		return s.http.ServeTLS(ln, "", "")
	}
	return s.http.Serve(ln)
}

// routes sends requests to the registry's API, with what is ours before it, or
// to the pages.
func (s *Server) routes(app http.Handler) http.Handler {
	api := s.inUse(app)
	pages := s.pages()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := parseCall(r.URL.Path)
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		switch {
		case ok && c.kind == "referrers" && reads:
			s.serveReferrers(w, r, c)
		case strings.HasPrefix(r.URL.Path, "/v2/") || !reads:
			api.ServeHTTP(w, r)
		case r.URL.Path == "/metrics":
			s.metrics.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

// listen opens the port, on loopback only unless the options allow more.
func listen(ctx context.Context, opt Options) (net.Listener, error) {
	address := opt.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); !opt.Public && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%q: %w", address, ErrNotLoopback)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	// "localhost" is whatever the machine's resolver says.
	if tcp, ok := ln.Addr().(*net.TCPAddr); !opt.Public && (!ok || !tcp.IP.IsLoopback()) {
		return nil, errors.Join(fmt.Errorf("%q: %w", address, ErrNotLoopback), ln.Close())
	}
	return ln, nil
}

// Close stops the registry: requests in progress get a few seconds, after which
// their connections are closed.
func (s *Server) Close() error { return s.close(context.Background()) }

func (s *Server) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	err = errors.Join(err, s.app.Shutdown())
	s.cancel()
	if err != nil {
		return fmt.Errorf("closing the registry on %s: %w", s.Addr, err)
	}
	return nil
}
