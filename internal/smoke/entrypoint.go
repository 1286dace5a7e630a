package smoke

import (
	"context"
	"errors"
	"io"
	"time"
)

// How long the entrypoint must stay up where Options.StaysUp asks for no more:
// long enough for a program that is about to exit to be seen doing it, also
// under emulation.
const (
	moment         = 2 * time.Second
	emulatedMoment = 4 * time.Second
)

// errEnded says that the entrypoint has ended with status 0, where it may, so
// that nothing can run beside it.
var errEnded = errors.New("the entrypoint has ended")

// check runs the configured checks beside the entrypoint, in the order that
// makes the first failure the most useful one.
func (c *running) check(ctx context.Context) error {
	if err := c.stayUp(ctx); err != nil {
		return err
	}
	if len(c.run.opt.Command) > 0 {
		if err := c.checkCommand(ctx); err != nil {
			return err
		}
	}
	if len(c.run.opt.Imports) > 0 {
		return c.checkImports(ctx)
	}
	return nil
}

// stayUp waits until the container is healthy, if there is a probe, then for
// the time that it must stay up, and asks once more: what answers once and then
// ends, or never again, isn't healthy.
func (c *running) stayUp(ctx context.Context) error {
	r := c.run
	if r.opt.HTTP != nil {
		if err := c.waitHealthy(ctx); err != nil {
			return err
		}
		r.result.HTTP.After = time.Since(c.started)
	}
	wait := moment
	if r.result.Emulated {
		wait = emulatedMoment
	}
	wait = max(wait, r.opt.StaysUp)
	r.opt.Progress(Event{Stage: StageStay, Item: wait.String()})
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-c.done:
		return c.mayEnd()
	case <-ctx.Done():
		return r.interrupted(ctx, "waiting whether the container stays up")
	case <-timer.C:
	}
	r.result.StayedUp = time.Since(c.started)
	if r.opt.HTTP != nil {
		return c.waitHealthy(ctx)
	}
	return nil
}

// mustStay reports whether the entrypoint must keep running: a server or worker,
// rather than a program that does its work and exits.
func (c *running) mustStay() bool { return c.run.opt.HTTP != nil || c.run.opt.StaysUp > 0 }

// mayEnd is nil for an entrypoint that has ended as it may: with status 0, where
// nothing demands that it stays up.
func (c *running) mayEnd() error {
	if c.mustStay() || c.waitErr != nil || c.code != 0 {
		if c.run.result.HTTP != nil {
			c.run.result.HTTP.Healthy = false // an answer before the exit doesn't count
		}
		return c.exitError()
	}
	return nil
}

// endedWell is errEnded, with a note, for an entrypoint that has ended as it may.
func (c *running) endedWell() error {
	if err := c.mayEnd(); err != nil {
		return err
	}
	c.run.note("the entrypoint ended with status 0 after %s, so what was to run beside it ran in a container of its own", round(c.ended.Sub(c.started)))
	return errEnded
}

func (c *running) hasEnded() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// endsSoon waits briefly for the entrypoint's end: containerd may report it
// after the end of the processes that it took along.
func (c *running) endsSoon() bool {
	select {
	case <-c.done:
		return true
	case <-time.After(time.Second):
		return false
	}
}

// execBeside runs a process beside the entrypoint, its output going to the log,
// except for stdout. The error is errEnded where the entrypoint ended, before
// or meanwhile, and that is no failure in itself.
func (c *running) execBeside(ctx context.Context, args []string, stdout io.Writer) (uint32, error) {
	if c.hasEnded() {
		return 0, c.endedWell()
	}
	code, err := c.exec(ctx, args, stdout, c.run.log)
	// Who ends as PID 1 takes all others along, by SIGKILL.
	if ctx.Err() == nil && (err != nil || code == 137) && c.endsSoon() {
		return 0, c.endedWell()
	}
	return code, err
}
