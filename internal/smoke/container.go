package smoke

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/containerd/containerd/api/events"
	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/cio"
	"github.com/containerd/errdefs"
	"github.com/containerd/typeurl/v2"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// A running is a container whose process has been started.
type running struct {
	run       *run
	id        string
	spec      *specs.Spec
	container client.Container
	task      client.Task
	ns        *netns // nil if it can't be entered
	started   time.Time
	oom       atomic.Bool
	done      chan struct{} // closed when the process has ended
	code      uint32        // valid once done is closed
	waitErr   error         // likewise
	ended     time.Time     // likewise
	cancel    context.CancelFunc
}

// start creates a container with its own snapshot and starts its process; nil
// args mean the image's own. Features that the host lacks (memory limits without
// a cgroup controller, seccomp) are left out with a note; anything else is an
// error. The caller must close the result.
func (r *run) start(ctx context.Context, name string, args []string) (*running, error) {
	r.opt.Progress(Event{Stage: StageStart, Item: name})
	begin := time.Now()
	q := containerRequest{platform: r.platform, config: r.config.Config, user: r.user, args: args, opt: r.opt}
	for attempt := 0; ; attempt++ {
		q.id = fmt.Sprintf("%s-%s-%d", r.id, name, attempt)
		c, err := r.startOnce(ctx, q)
		if err == nil {
			r.result.Start = time.Since(begin)
			return c, nil
		}
		text := err.Error()
		switch {
		case isOver(ctx, err):
			return nil, r.interrupted(ctx, "starting the container")
		case isMissingRuntime(err):
			return nil, &UnavailableError{Reason: "containerd has no runc", Err: err}
		case strings.Contains(text, "exec format error") && r.result.Emulated:
			return nil, &UnavailableError{Reason: fmt.Sprintf("the host can't run programs for %s", r.platform), Err: err}
		case !q.noSeccomp && strings.Contains(text, "seccomp"):
			q.noSeccomp = true
			r.note("ran without a seccomp profile: %v", err)
		case !q.noLimits && r.opt.Memory > 0 && strings.Contains(text, "cgroup"):
			q.noLimits = true
			r.note("ran without a memory limit: %v", err)
		case !q.noCgroup && strings.Contains(text, "cgroup"):
			q.noLimits, q.noCgroup = true, true // a rootless containerd may have none to give
		case isOfMachine(text):
			return nil, &UnavailableError{Reason: "containerd can't start containers on this machine", Err: err}
		default:
			return nil, &StartError{Name: r.opt.Name, Err: err}
		}
	}
}

// imageFaults are what runtimes say where it is the image's fault that its process
// can't be started: the program, or the working directory.
var imageFaults = []string{"exec: ", "exec format error", "executable file not found", "cwd"}

// isOfMachine reports whether a runtime's error is about the machine (namespaces,
// mounts, cgroups) rather than about the image. There are no codes for that.
func isOfMachine(text string) bool {
	if !strings.Contains(text, "OCI runtime") && !strings.Contains(text, "runc") && !strings.Contains(text, "shim") && !strings.Contains(text, "mount") {
		return false
	}
	return !slices.ContainsFunc(imageFaults, func(fault string) bool { return strings.Contains(text, fault) })
}

func (r *run) startOnce(ctx context.Context, q containerRequest) (_ *running, err error) {
	spec, err := q.spec(ctx)
	if err != nil {
		return nil, err
	}
	sn := r.server.SnapshotService(r.server.snapshotter)
	if _, err := sn.Prepare(ctx, q.id, r.snapshot); err != nil {
		return nil, fmt.Errorf("preparing snapshot %q: %w", q.id, err)
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := &running{run: r, id: q.id, spec: spec, done: make(chan struct{}), cancel: cancel}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close(ctx))
		}
	}()
	c.container, err = r.server.NewContainer(ctx, q.id,
		client.WithSnapshotter(r.server.snapshotter), client.WithSnapshot(q.id), client.WithImageName(r.opt.Name),
		client.WithRuntime(runtimeName, nil), client.WithSpec(spec), client.WithContainerLabels(r.labels))
	if err != nil {
		return nil, err
	}
	c.watchMemory(life)
	c.task, err = c.container.NewTask(ctx, cio.NewCreator(cio.WithStreams(nil, r.log, r.log), cio.WithFIFODir(r.fifos)))
	if err != nil {
		return nil, err
	}
	exits, err := c.task.Wait(life)
	if err != nil {
		return nil, err
	}
	// Before the start, so that the process is sure to find its loopback up.
	if c.ns, err = openNetns(int(c.task.Pid()), c.id); err != nil {
		r.note("the container's network namespace can't be entered, so probes run inside the container: %v", err)
	}
	if err := c.task.Start(ctx); err != nil {
		return nil, err
	}
	c.started = time.Now()
	go c.watchExit(exits)
	return c, nil
}

// watchExit publishes the exit of the process.
func (c *running) watchExit(exits <-chan client.ExitStatus) {
	status := <-exits
	c.code, c.ended, c.waitErr = status.Result()
	if c.ended.IsZero() {
		c.ended = time.Now()
	}
	close(c.done)
}

// watchMemory records whether the kernel killed a process at the memory limit.
func (c *running) watchMemory(ctx context.Context) {
	envelopes, errs := c.run.server.Subscribe(ctx, `topic=="/tasks/oom"`)
	go func() {
		for {
			select {
			case e := <-envelopes:
				if e == nil {
					return
				}
				event, err := typeurl.UnmarshalAny(e.Event)
				if oom, ok := event.(*events.TaskOOM); err == nil && ok && oom.ContainerID == c.id {
					c.oom.Store(true)
				}
			case <-errs: //nolint:errcheck // the subscription has ended, however it did
				return
			}
		}
	}()
}

// exitError describes an entrypoint that exited when it should not have, or failed.
func (c *running) exitError() error {
	if c.waitErr != nil {
		return fmt.Errorf("waiting for container of %q: %w", c.run.opt.Name, c.waitErr)
	}
	return &ContainerExitedError{
		Name: c.run.opt.Name, MustStay: c.mustStay(), Code: c.code, OOMKilled: c.oom.Load(),
		After: c.ended.Sub(c.started), Log: c.outputTail(),
	}
}

// outputTail waits briefly for the last output and returns the end of the log.
func (c *running) outputTail() string {
	drained := make(chan struct{})
	go func() {
		c.task.IO().Wait()
		close(drained)
	}()
	select {
	case <-drained:
	case <-time.After(time.Second):
		// A child process still holds the pipe.
	}
	return c.run.log.String()
}

// close kills and removes the container, even after a cancellation. It may be
// called again.
func (c *running) close(ctx context.Context) error {
	ctx, cancel := c.run.cleanupContext(ctx)
	defer cancel()
	defer c.cancel()
	var errs []error
	if c.ns != nil {
		errs = append(errs, c.ns.Close())
		c.ns = nil
	}
	if c.task != nil {
		if err := removeTask(ctx, c.task); err != nil {
			errs = append(errs, fmt.Errorf("removing task %q: %w", c.id, err))
		}
		c.task = nil
	}
	if c.container != nil {
		if err := c.container.Delete(ctx, client.WithSnapshotCleanup); err != nil && !errdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("removing container %q: %w", c.id, err))
		}
		c.container = nil
	}
	return errors.Join(errs...)
}
