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
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// answerTime is how long a containerd may take for its first answer.
const answerTime = 10 * time.Second

// runtimeName is the runtime that every containerd since 1.5 brings.
const runtimeName = "io.containerd.runc.v2"

// A server is a connection to one containerd, with what is known of it.
type server struct {
	*client.Client
	version     string
	snapshotter string
}

// connect dials containerd. Its errors are *UnavailableError, but for ctx's.
func connect(ctx context.Context, opt Options) (*server, error) {
	address := opt.address()
	if err := dial(ctx, address); err != nil {
		return nil, err
	}
	c, err := client.New(address)
	if err != nil {
		return nil, &UnavailableError{Reason: fmt.Sprintf("containerd at %q can't be used", address), Err: err}
	}
	s := &server{Client: c}
	if err := s.examine(namespaces.WithNamespace(ctx, opt.Namespace), opt); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return s, nil
}

// dial finds out why a socket can't be used, in words better than gRPC's.
func dial(ctx context.Context, address string) error {
	d := net.Dialer{Timeout: answerTime}
	conn, err := d.DialContext(ctx, "unix", address)
	if err == nil {
		return conn.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// The first three say all that the cause would.
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &UnavailableError{Reason: fmt.Sprintf("no containerd: there is no socket %q", address)}
	case errors.Is(err, fs.ErrPermission):
		return &UnavailableError{Reason: fmt.Sprintf("no permission to use containerd's socket %q", address)}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &UnavailableError{Reason: fmt.Sprintf("no containerd listens on socket %q", address)}
	}
	return &UnavailableError{Reason: fmt.Sprintf("containerd can't be reached at %q", address), Err: err}
}

// examine asks for the version, the runtime and the snapshotters.
func (s *server) examine(parent context.Context, opt Options) error {
	ctx, cancel := context.WithTimeout(parent, answerTime)
	defer cancel()
	version, err := s.Version(ctx)
	if err != nil {
		if parent.Err() != nil {
			return parent.Err()
		}
		return &UnavailableError{Reason: "containerd doesn't answer", Err: err}
	}
	s.version = version.Version
	// A server older than 1.7.3 can't tell, and shows it when a task is made.
	if _, err := s.RuntimeInfo(ctx, runtimeName, nil); err != nil && isMissingRuntime(err) {
		return &UnavailableError{Reason: "containerd has no runc", Err: err}
	}
	s.snapshotter, err = s.pickSnapshotter(ctx, opt.Snapshotter)
	return err
}

// pickSnapshotter returns the one wanted, else the first usable of overlayfs and native.
func (s *server) pickSnapshotter(ctx context.Context, wanted string) (string, error) {
	resp, err := s.IntrospectionService().Plugins(ctx, "type==io.containerd.snapshotter.v1")
	if err != nil {
		return "", &UnavailableError{Reason: "containerd doesn't tell its snapshotters", Err: err}
	}
	state := map[string]error{}
	for _, p := range resp.GetPlugins() {
		state[p.GetID()] = nil
		if e := p.GetInitErr(); e != nil {
			state[p.GetID()] = errors.New(e.GetMessage())
		}
	}
	return choose(wanted, state)
}

func choose(wanted string, state map[string]error) (string, error) {
	candidates := []string{"overlayfs", "native"}
	if wanted != "" {
		candidates = []string{wanted}
	}
	var errs []error
	for _, name := range candidates {
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

// isMissingRuntime recognizes a server without runc or its shim. The server
// only tells by text: there is no code for it.
func isMissingRuntime(err error) bool {
	text := err.Error()
	missing := strings.Contains(text, "executable file not found") || strings.Contains(text, "file does not exist") ||
		strings.Contains(text, "no such file or directory") || strings.Contains(text, "not installed")
	return missing && (strings.Contains(text, "unable to retrieve OCI runtime error") ||
		strings.Contains(text, `exec: "runc"`) || strings.Contains(text, "containerd-shim-runc"))
}

// Available tells early whether Run could run an image of this platform at all:
// nil, or an *UnavailableError, or ctx's error.
func Available(ctx context.Context, p v1.Platform, opt Options) error {
	if _, err := canRun(os.DirFS("/"), p); err != nil {
		return err
	}
	setDefault(&opt.Namespace, DefaultNamespace)
	s, err := connect(ctx, opt)
	if err != nil {
		return err
	}
	return s.Close()
}
