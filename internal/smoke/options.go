package smoke

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// Defaults of Options.
const (
	defaultNamespace   = "assemble"
	defaultTimeout     = 2 * time.Minute
	defaultStopTimeout = 10 * time.Second
	defaultLogBytes    = 64 << 10

	defaultAddress = "/run/containerd/containerd.sock"
)

// Options say where to run an image and what to check. The zero value uses the
// default containerd but checks nothing: at least one of HTTP, StaysUp, Command
// and Imports is required. The image's entrypoint is started whatever is checked.
type Options struct {
	// Address is containerd's socket. Empty means $CONTAINERD_ADDRESS, else the
	// first that exists of containerd's usual sockets, rootless ones included.
	Address string
	// Namespace is the containerd namespace for everything a run creates. Empty
	// means "assemble".
	Namespace string
	// Name is the image's name in messages. Empty means its digest.
	Name string

	// HTTP probes the health of the running container. Nil means no probe.
	HTTP *HTTPProbe
	// StaysUp is how long the entrypoint must keep running, counted from its
	// health where HTTP is set. 0 means a moment with HTTP, and without it that
	// the entrypoint may also exit with 0, as a program does that isn't a server.
	StaysUp time.Duration
	// Command runs in the container beside the entrypoint and must exit with 0.
	Command []string
	// Imports are the Python modules to import, in the container beside the
	// entrypoint. Where that has exited, as it may, the command and the imports
	// run in containers of their own.
	Imports []string

	// Env overrides and extends the image's environment: "NAME=value" each.
	Env []string
	// Memory limits the container's memory, in bytes. 0 means no limit.
	Memory int64
	// ReadOnly makes the root file system read-only, with an empty tmpfs on /tmp,
	// /run and the image's volumes.
	ReadOnly bool

	// Timeout bounds the whole test: loading the image, starting it, and all
	// checks. Only the stop comes on top. 0 means 2 minutes.
	Timeout time.Duration
	// StopTimeout is the time between SIGTERM (or the image's stop signal) and
	// SIGKILL. 0 means 10 seconds.
	StopTimeout time.Duration
	// LogBytes is how much of the end of the container's output is kept. 0 means
	// 64 KiB.
	LogBytes int
	// Progress receives events, from several goroutines but one call at a time.
	// Nil discards them.
	Progress func(Event)
}

// HTTPProbe is the GET request that decides whether a container is healthy.
type HTTPProbe struct {
	Port   int    // TCP port inside the container, 1 to 65535
	Path   string // path and query; empty means "/"
	Status int    // expected status; 0 means 200
}

// Validate returns everything that is wrong with the options, which Run would
// refuse, too.
func (o Options) Validate() error {
	_, err := o.withDefaults()
	return err
}

// withDefaults returns the options with all defaults filled in, or everything that is wrong with them.
func (o Options) withDefaults() (Options, error) {
	var errs []error
	if o.HTTP == nil && o.StaysUp == 0 && len(o.Command) == 0 && len(o.Imports) == 0 {
		errs = append(errs, errors.New("smoke test has nothing to check: no HTTP probe, time to stay up, command or imports"))
	}
	if o.HTTP != nil {
		probe := *o.HTTP
		errs = append(errs, probe.withDefaults())
		o.HTTP = &probe
	}
	for _, env := range o.Env {
		if name, _, ok := strings.Cut(env, "="); !ok || name == "" || strings.ContainsRune(env, 0) {
			errs = append(errs, fmt.Errorf("environment entry %q is not NAME=value", name))
		}
	}
	for _, module := range o.Imports {
		if !isModule(module) {
			errs = append(errs, fmt.Errorf("%q is not a valid Python module name", module))
		}
	}
	if o.Memory < 0 || o.StaysUp < 0 || o.Timeout < 0 || o.StopTimeout < 0 || o.LogBytes < 0 {
		errs = append(errs, errors.New("smoke test limits and timeouts must not be negative"))
	}
	setDefault(&o.Namespace, defaultNamespace)
	setDefault(&o.Timeout, defaultTimeout)
	setDefault(&o.StopTimeout, defaultStopTimeout)
	setDefault(&o.LogBytes, defaultLogBytes)
	if o.StaysUp >= o.Timeout {
		errs = append(errs, fmt.Errorf("the container can't stay up for %s in a test that may take %s", o.StaysUp, o.Timeout))
	}
	o.Progress = serialized(o.Progress)
	return o, errors.Join(errs...)
}

func (p *HTTPProbe) withDefaults() error {
	setDefault(&p.Path, "/")
	setDefault(&p.Status, http.StatusOK)
	if p.Port < 1 || p.Port > 65535 {
		return fmt.Errorf("HTTP probe port %d is not between 1 and 65535", p.Port)
	}
	if p.Status < 100 || p.Status > 599 {
		return fmt.Errorf("HTTP probe status %d is not between 100 and 599", p.Status)
	}
	if !strings.HasPrefix(p.Path, "/") || strings.ContainsAny(p.Path, " \t\r\n#") {
		return fmt.Errorf("HTTP probe path %q is not an absolute path", p.Path)
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// addresses lists the sockets to try, in order of preference.
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
		if socket := rootlessSocket(runtimeDir); socket != "" {
			addresses = append(addresses, socket)
		}
	}
	return addresses
}
