package smoke

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
)

// connectTimeout is how long containerd may take to answer at first.
const connectTimeout = 10 * time.Second

// runtimeName is the runtime that every containerd since 1.5 includes.
const runtimeName = "io.containerd.runc.v2"

// A server is a connection to one containerd, with what is known about it.
type server struct {
	*client.Client
	version     string
	snapshotter string
}

// connect connects to containerd. Its errors are *UnavailableError, or ctx's.
func connect(ctx context.Context, opt Options) (*server, error) {
	address, err := dialAny(ctx, opt.addresses(os.Getenv))
	if err != nil {
		return nil, err
	}
	c, err := client.New(address)
	if err != nil {
		return nil, &UnavailableError{Reason: fmt.Sprintf("containerd at %q can't be used", address), Err: err}
	}
	s := &server{Client: c}
	if err := s.inspect(namespaces.WithNamespace(ctx, opt.Namespace)); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return s, nil
}

// dialAny returns the first of the sockets that can be used: where the system's
// own containerd is closed to this user, a rootless one may run. Without any,
// the error is the one that says most: a socket that is there, if we may not use
// it, comes before one that is not.
func dialAny(ctx context.Context, addresses []string) (string, error) {
	var first error
	for _, address := range addresses {
		err := dial(ctx, address)
		if err == nil {
			return address, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		var is, was *UnavailableError
		if first == nil || errors.As(err, &is) && errors.As(first, &was) && is.rank > was.rank {
			first = err
		}
	}
	return "", first
}

// dial finds out why a socket can't be used, more clearly than gRPC does.
func dial(ctx context.Context, address string) error {
	d := net.Dialer{Timeout: connectTimeout}
	conn, err := d.DialContext(ctx, "unix", address)
	if err == nil {
		return conn.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// For the first three, the cause would add nothing.
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &UnavailableError{Reason: fmt.Sprintf("no containerd: socket %q does not exist", address)}
	case errors.Is(err, fs.ErrPermission):
		return &UnavailableError{Reason: fmt.Sprintf("no permission to use containerd's socket %q", address), Denied: true, rank: 3}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &UnavailableError{Reason: fmt.Sprintf("nothing listens on containerd's socket %q", address), rank: 1}
	}
	return &UnavailableError{Reason: fmt.Sprintf("connecting to containerd at %q failed", address), Err: err, rank: 2}
}

// inspect queries the version, the runtime and the snapshotters.
func (s *server) inspect(parent context.Context) error {
	ctx, cancel := context.WithTimeout(parent, connectTimeout)
	defer cancel()
	version, err := s.Version(ctx)
	if err != nil {
		if parent.Err() != nil {
			return parent.Err()
		}
		return &UnavailableError{Reason: "containerd does not respond", Err: err}
	}
	s.version = version.Version
	// Servers before 1.7.3 can't tell; there it shows when a task is created.
	if _, err := s.RuntimeInfo(ctx, runtimeName, nil); err != nil && isMissingRuntime(err) {
		return &UnavailableError{Reason: "containerd has no runc", Err: err}
	}
	s.snapshotter, err = s.pickSnapshotter(ctx)
	return err
}

// pickSnapshotter returns the first usable of overlayfs and native.
func (s *server) pickSnapshotter(ctx context.Context) (string, error) {
	resp, err := s.IntrospectionService().Plugins(ctx, "type==io.containerd.snapshotter.v1")
	if err != nil {
		return "", &UnavailableError{Reason: "listing containerd's snapshotters failed", Err: err}
	}
	state := map[string]error{}
	for _, p := range resp.GetPlugins() {
		state[p.GetID()] = nil
		if e := p.GetInitErr(); e != nil {
			state[p.GetID()] = errors.New(e.GetMessage())
		}
	}
	return chooseSnapshotter(state)
}

func chooseSnapshotter(state map[string]error) (string, error) {
	var errs []error
	for _, name := range []string{"overlayfs", "native"} {
		err, ok := state[name]
		if ok && err == nil {
			return name, nil
		}
		if !ok {
			err = errdefs.ErrNotFound
		}
		errs = append(errs, fmt.Errorf("%s: %w", name, err))
	}
	return "", &UnavailableError{Reason: "containerd has no usable snapshotter", Err: errors.Join(errs...)}
}

// isMissingRuntime recognizes a server without runc or its shim, by its text: the
// server has no error code for it.
func isMissingRuntime(err error) bool {
	text := err.Error()
	missing := strings.Contains(text, "executable file not found") || strings.Contains(text, "file does not exist") ||
		strings.Contains(text, "no such file or directory") || strings.Contains(text, "not installed")
	return missing && (strings.Contains(text, "unable to retrieve OCI runtime error") ||
		strings.Contains(text, `exec: "runc"`) || strings.Contains(text, "containerd-shim-runc"))
}
