package smoke

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Defaults of Options.
const (
	DefaultNamespace   = "assemble"
	DefaultTimeout     = 2 * time.Minute
	DefaultStopTimeout = 10 * time.Second
	DefaultLogBytes    = 64 << 10

	defaultAddress = "/run/containerd/containerd.sock"
)

// Options say where to run an image and what it has to show. The zero value
// names the default containerd, but nothing to show: at least one of HTTP,
// Command and Imports is needed.
type Options struct {
	// Address is containerd's socket. Empty means $CONTAINERD_ADDRESS, else the
	// first that exists of containerd's usual sockets, rootless ones included.
	Address string
	// Namespace is containerd's namespace for all that a run makes. Empty means
	// DefaultNamespace.
	Namespace string
	// Snapshotter is containerd's snapshotter. Empty means overlayfs, or native
	// where the server can't use overlayfs.
	Snapshotter string
	// Name is what messages call the image. Empty means its digest.
	Name string

	// HTTP asks a running container for its health. Nil asks nothing.
	HTTP *HTTPProbe
	// Command runs instead of the image's entrypoint and has to exit with 0.
	Command []string
	// Imports are the Python modules to import: in the running container when
	// HTTP is set, else in one of their own.
	Imports []string
	// Python is the interpreter that imports. Empty means "python3", looked up in
	// the image's PATH.
	Python string

	// Env overrides and extends the image's environment: "NAME=value" each.
	Env []string
	// Memory limits the container's memory, in bytes. 0 means no limit.
	Memory int64
	// CPUs limits the container's processor time, in cores. 0 means no limit.
	CPUs float64
	// ReadOnly makes the root file system read-only, with an empty tmpfs on /tmp,
	// /run and the image's volumes.
	ReadOnly bool
	// HostNetwork runs the container in the host's network namespace.
	HostNetwork bool

	// Timeout bounds the wait for health, and then again the imports, and the
	// command. 0 means DefaultTimeout.
	Timeout time.Duration
	// StopTimeout is the time between SIGTERM (or the image's stop signal) and
	// SIGKILL. 0 means DefaultStopTimeout.
	StopTimeout time.Duration
	// LogBytes is how much of the end of the container's output is kept. 0 means
	// DefaultLogBytes.
	LogBytes int
	// Progress is told what happens, from several goroutines but one call at a
	// time. Nil is told nothing.
	Progress func(Event)
}

// HTTPProbe is one GET request that shows a container's health.
type HTTPProbe struct {
	Port   int         // TCP port inside the container, 1 to 65535
	Path   string      // path and query; empty means "/"
	Status int         // status wanted; 0 means 200
	Header http.Header // sent along; Host sets the request's host
}

// fill returns the options with every default in place, or what is wrong with them.
func (o Options) fill() (Options, error) {
	var errs []error
	if o.HTTP == nil && len(o.Command) == 0 && len(o.Imports) == 0 {
		errs = append(errs, errors.New("smoke test has nothing to check: no HTTP probe, command or imports"))
	}
	if o.HTTP != nil {
		if len(o.Command) > 0 {
			errs = append(errs, errors.New("an HTTP probe asks the image's own entrypoint: it can't go with a command"))
		}
		probe := *o.HTTP
		errs = append(errs, probe.fill())
		o.HTTP = &probe
	}
	for _, env := range o.Env {
		if name, _, ok := strings.Cut(env, "="); !ok || name == "" || strings.ContainsRune(env, 0) {
			errs = append(errs, fmt.Errorf("environment entry %q is no NAME=value", name))
		}
	}
	for _, module := range o.Imports {
		if !isModule(module) {
			errs = append(errs, fmt.Errorf("%q is no name of a Python module", module))
		}
	}
	if o.Memory < 0 || o.CPUs < 0 || o.Timeout < 0 || o.StopTimeout < 0 || o.LogBytes < 0 {
		errs = append(errs, errors.New("limits and times of a smoke test can't be negative"))
	}
	setDefault(&o.Namespace, DefaultNamespace)
	setDefault(&o.Python, "python3")
	setDefault(&o.Timeout, DefaultTimeout)
	setDefault(&o.StopTimeout, DefaultStopTimeout)
	setDefault(&o.LogBytes, DefaultLogBytes)
	o.Progress = serialized(o.Progress)
	return o, errors.Join(errs...)
}

func (p *HTTPProbe) fill() error {
	setDefault(&p.Path, "/")
	setDefault(&p.Status, http.StatusOK)
	if p.Port < 1 || p.Port > 65535 {
		return fmt.Errorf("HTTP probe's port %d is not between 1 and 65535", p.Port)
	}
	if p.Status < 100 || p.Status > 599 {
		return fmt.Errorf("HTTP probe's status %d is not between 100 and 599", p.Status)
	}
	if !strings.HasPrefix(p.Path, "/") || strings.ContainsAny(p.Path, " \t\r\n#") {
		return fmt.Errorf("HTTP probe's path %q is no absolute path", p.Path)
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// addresses lists the sockets to try, most wanted first.
func (o Options) addresses(getenv func(string) string) []string {
	if o.Address != "" {
		return []string{strings.TrimPrefix(o.Address, "unix://")}
	}
	if address := getenv("CONTAINERD_ADDRESS"); address != "" {
		return []string{strings.TrimPrefix(address, "unix://")}
	}
	addresses := []string{defaultAddress}
	if runtimeDir := getenv("XDG_RUNTIME_DIR"); runtimeDir != "" {
		addresses = append(addresses,
			filepath.Join(runtimeDir, "containerd", "containerd.sock"),
			filepath.Join(runtimeDir, "containerd-rootless", "containerd.sock"))
	}
	return addresses
}

// address picks the first socket that exists, or the first of all so that the
// error names the one the user expects.
func (o Options) address() string {
	addresses := o.addresses(os.Getenv)
	for _, address := range addresses {
		if _, err := os.Stat(address); err == nil {
			return address
		}
	}
	return addresses[0]
}
