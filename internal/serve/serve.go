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
	// Requests is called for each request once it is answered, from several
	// goroutines at once; it may be nil.
	Requests func(Request)
}

// Server is a registry that is running.
type Server struct {
	// Addr is where it listens, "host:port".
	Addr string

	http   *http.Server
	app    *handlers.App
	cancel context.CancelFunc
	failed chan error
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
	ln, err := listen(ctx, opt)
	if err != nil {
		return nil, fmt.Errorf("starting a registry: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, errors.Join(fmt.Errorf("starting a registry: %w", err), ln.Close())
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	app, err := newApp(base, dir)
	if err != nil {
		cancel()
		return nil, errors.Join(fmt.Errorf("starting a registry in %q: %w", opt.Dir, err), ln.Close())
	}
	s := &Server{
		Addr:   ln.Addr().String(),
		app:    app,
		cancel: cancel,
		failed: make(chan error, 1),
		http: &http.Server{
			Handler:           observe(protect(app, opt.Public), opt.Requests),
			ReadHeaderTimeout: headerTimeout,
			ErrorLog:          log.New(io.Discard, "", 0),
		},
	}
	go func() {
		if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	return s, nil
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
