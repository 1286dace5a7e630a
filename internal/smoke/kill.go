package smoke

import (
	"context"
	"syscall"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/errdefs"
)

// killAll kills a task's processes. Without a cgroup, as under a rootless
// containerd, runc can't list them; the first one takes the others of its PID
// namespace with it.
func killAll(ctx context.Context, task client.Task) error {
	err := task.Kill(ctx, syscall.SIGKILL, client.WithKillAll)
	if err == nil || errdefs.IsNotFound(err) {
		return nil
	}
	if again := task.Kill(ctx, syscall.SIGKILL); again != nil && !errdefs.IsNotFound(again) {
		return err
	}
	return nil
}

// removeTask kills a task's processes and removes it. It may be gone already.
func removeTask(ctx context.Context, task client.Task) error {
	_, err := task.Delete(ctx, client.WithProcessKill)
	if err == nil || errdefs.IsNotFound(err) {
		return nil
	}
	exits, werr := task.Wait(ctx)
	if werr != nil || killAll(ctx, task) != nil {
		return err
	}
	select {
	case <-exits:
	case <-ctx.Done():
		return err
	}
	if _, again := task.Delete(ctx); again != nil && !errdefs.IsNotFound(again) {
		return err
	}
	return nil
}
