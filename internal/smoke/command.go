package smoke

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// checkCommand runs the command beside the entrypoint; it must exit with 0. An
// entrypoint that is done leaves nothing to run it beside: then it gets a
// container of its own.
func (c *running) checkCommand(ctx context.Context) error {
	r, args := c.run, c.run.opt.Command
	r.opt.Progress(Event{Stage: StageCommand, Item: args[0]})
	begin := time.Now()
	code, err := c.execBeside(ctx, args, r.log)
	if errors.Is(err, errEnded) {
		begin = time.Now()
		code, err = r.execAlone(ctx, "command", args)
	}
	switch {
	case isOver(ctx, err):
		return r.interrupted(ctx, fmt.Sprintf("running command %q", args[0]))
	case err != nil:
		return fmt.Errorf("running command %q in %q: %w", args[0], r.opt.Name, err)
	}
	wall := time.Since(begin)
	r.result.Command = &CommandResult{Args: args, Code: code, Wall: wall}
	if code != 0 {
		return &ContainerExitedError{
			Name: r.opt.Name, Command: args, Code: code, OOMKilled: c.oom.Load(), After: wall, Log: r.log.String(),
		}
	}
	return nil
}

// execAlone runs args as the only process of a container of its own.
func (r *run) execAlone(ctx context.Context, name string, args []string) (code uint32, err error) {
	c, err := r.start(ctx, name, args)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.close(ctx)) }()
	select {
	case <-c.done:
		c.outputTail()
		return c.code, c.waitErr
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
