package smoke

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// checkCommand runs the command instead of the image's entrypoint; it must exit
// with 0 within the timeout.
func (r *run) checkCommand(ctx context.Context) (err error) {
	c, err := r.start(ctx, "command", r.opt.Command)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close(ctx)) }()
	if err := c.waitExit(ctx, fmt.Sprintf("command %q", r.opt.Command[0])); err != nil {
		return err
	}
	r.result.Command = &CommandResult{Args: r.opt.Command, Code: c.code, Wall: c.ended.Sub(c.started)}
	if c.waitErr != nil || c.code != 0 {
		return c.exitError(r.opt.Command)
	}
	c.outputTail()
	return nil
}

// waitExit waits for the container's process to exit by itself.
func (c *running) waitExit(ctx context.Context, what string) error {
	timer := time.NewTimer(c.run.opt.Timeout)
	defer timer.Stop()
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return &TimeoutError{Name: c.run.opt.Name, What: what, Timeout: c.run.opt.Timeout, Log: c.run.log.String()}
	}
}
