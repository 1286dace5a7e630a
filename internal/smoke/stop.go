package smoke

import (
	"context"
	"fmt"
	"strconv"
	"syscall"
	"time"

	"github.com/containerd/errdefs"
)

// stop stops the container as a runtime would: with the image's stop signal, and
// with SIGKILL after StopTimeout.
func (c *running) stop(ctx context.Context) error {
	r := c.run
	r.opt.Progress(Event{Stage: StageStop})
	sig, err := stopSignal(r.config.Config.StopSignal)
	if err != nil {
		return err
	}
	res := &StopResult{Signal: signalName(int(sig))}
	begin := time.Now()
	if err := c.task.Kill(ctx, sig); err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("stopping container of %q: %w", r.opt.Name, err)
	}
	timer := time.NewTimer(r.opt.StopTimeout)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		res.Killed = true
		if err := killAll(ctx, c.task); err != nil {
			return fmt.Errorf("killing container of %q: %w", r.opt.Name, err)
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		r.note("the container did not stop within %s of %s and was killed", round(r.opt.StopTimeout), res.Signal)
	}
	res.Code, res.Wall = c.code, time.Since(begin)
	r.result.Stop = res
	return nil
}

// stopSignal reads an image's StopSignal: a name with or without SIG, or a number.
func stopSignal(s string) (syscall.Signal, error) {
	if s == "" {
		return syscall.SIGTERM, nil
	}
	if n, err := strconv.Atoi(s); err == nil && n > 0 && n <= 64 {
		return syscall.Signal(n), nil
	}
	if sig := signalNumber(s); sig != 0 {
		return sig, nil
	}
	return 0, fmt.Errorf("image has an unknown stop signal %q", s)
}
