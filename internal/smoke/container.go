package smoke

import (
	"context"
	"errors"
	"fmt"
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

// A running is a container whose process was started.
type running struct {
	run     *run
	id      string
	spec    *specs.Spec
	box     client.Container
	task    client.Task
	ns      *netns // nil where it can't be entered
	started time.Time
	oom     atomic.Bool
	done    chan struct{} // closed when the process has ended
	code    uint32        // valid once done is closed
	waitErr error         // likewise
	ended   time.Time     // likewise
	cancel  context.CancelFunc
}

// start makes a container with a snapshot of its own and starts its process; nil
// args mean the image's own. What the host can't do (limits without a cgroup
// controller, seccomp) is left out with a note, the rest is an error. The caller
// must close what it gets.
func (r *run) start(ctx context.Context, name string, args []string) (*running, error) {
	r.opt.Progress(Event{Stage: StageStart, Item: name})
	begin := time.Now()
	q := request{platform: r.platform, config: r.config.Config, user: r.user, args: args, opt: r.opt}
	for attempt := 0; ; attempt++ {
		q.id = fmt.Sprintf("%s-%s-%d", r.id, name, attempt)
		c, err := r.startOnce(ctx, q)
		if err == nil {
			r.result.Start = time.Since(begin)
			return c, nil
		}
		text := err.Error()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case isMissingRuntime(err):
			return nil, &UnavailableError{Reason: "containerd has no runc", Err: err}
		case strings.Contains(text, "exec format error") && r.result.Emulated:
			return nil, &UnavailableError{Reason: fmt.Sprintf("the host can't run programs for %s", r.platform), Err: err}
		case !q.noSeccomp && strings.Contains(text, "seccomp"):
			q.noSeccomp = true
			r.note("run without a seccomp profile: %v", err)
		case !q.noLimits && (r.opt.Memory > 0 || r.opt.CPUs > 0) && strings.Contains(text, "cgroup"):
			q.noLimits = true
			r.note("run without memory and CPU limits: %v", err)
		default:
			return nil, fmt.Errorf("starting container of %q: %w", r.opt.Name, err)
		}
	}
}

func (r *run) startOnce(ctx context.Context, q request) (_ *running, err error) {
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
	c.box, err = r.server.NewContainer(ctx, q.id,
		client.WithSnapshotter(r.server.snapshotter), client.WithSnapshot(q.id), client.WithImageName(r.opt.Name),
		client.WithRuntime(runtimeName, nil), client.WithSpec(spec), client.WithContainerLabels(r.labels))
	if err != nil {
		return nil, err
	}
	c.watchMemory(life)
	c.task, err = c.box.NewTask(ctx, cio.NewCreator(cio.WithStreams(nil, r.log, r.log), cio.WithFIFODir(r.fifos)))
	if err != nil {
		return nil, err
	}
	exits, err := c.task.Wait(life)
	if err != nil {
		return nil, err
	}
	if !r.opt.HostNetwork {
		// The process waits for its start, so it surely finds its loopback up.
		if c.ns, err = enterable(int(c.task.Pid()), c.id); err != nil {
			r.note("the container's network namespace can't be entered, so probes run inside: %v", err)
		}
	}
	if err := c.task.Start(ctx); err != nil {
		return nil, err
	}
	c.started = time.Now()
	go c.await(exits)
	return c, nil
}

// await publishes the process's end.
func (c *running) await(exits <-chan client.ExitStatus) {
	status := <-exits
	c.code, c.ended, c.waitErr = status.Result()
	if c.ended.IsZero() {
		c.ended = time.Now()
	}
	close(c.done)
}

// watchMemory notes when the kernel kills something at the memory limit.
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

// exited describes the end of a process that should have gone on or succeeded.
func (c *running) exited(command []string) error {
	if c.waitErr != nil {
		return fmt.Errorf("waiting for container of %q: %w", c.run.opt.Name, c.waitErr)
	}
	return &ContainerExitedError{
		Name: c.run.opt.Name, Command: command, Code: c.code, OOMKilled: c.oom.Load(),
		After: c.ended.Sub(c.started), Log: c.flushed(),
	}
}

// flushed waits a moment for the last of the output, and returns the end of it.
func (c *running) flushed() string {
	drained := make(chan struct{})
	go func() {
		c.task.IO().Wait()
		close(drained)
	}()
	select {
	case <-drained:
	case <-time.After(time.Second):
		// A child that outlived the process still holds the pipe.
	}
	return c.run.log.String()
}

// close ends and removes the container. It works after a cancellation, too, and
// may be called again.
func (c *running) close(ctx context.Context) error {
	ctx, cancel := c.run.removing(ctx)
	defer cancel()
	defer c.cancel()
	var errs []error
	if c.ns != nil {
		errs = append(errs, c.ns.Close())
		c.ns = nil
	}
	if c.task != nil {
		if _, err := c.task.Delete(ctx, client.WithProcessKill); err != nil && !errdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("removing task %q: %w", c.id, err))
		}
		c.task = nil
	}
	if c.box != nil {
		if err := c.box.Delete(ctx, client.WithSnapshotCleanup); err != nil && !errdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("removing container %q: %w", c.id, err))
		}
		c.box = nil
	}
	return errors.Join(errs...)
}
