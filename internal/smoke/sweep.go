package smoke

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/errdefs"
)

// sweep removes what killed runs left behind in ctx's namespace: containers,
// tasks, snapshots, content and leases whose process is gone or whose time is up.
// It touches nothing else. It returns the number of runs removed.
func (s *server) sweep(ctx context.Context, me owner, now time.Time) (int, error) {
	runs := map[string]bool{}
	var errs []error
	containers, err := s.Containers(ctx, fmt.Sprintf("labels.%q", ownerLabel))
	if err != nil {
		return 0, fmt.Errorf("listing containers: %w", err)
	}
	for _, c := range containers {
		found, err := c.Labels(ctx)
		if err == nil && abandoned(found, me, now) {
			runs[runOf(c.ID())] = true
			errs = append(errs, removeContainer(ctx, c))
		}
	}
	all, err := s.LeasesService().List(ctx, fmt.Sprintf("labels.%q", ownerLabel))
	if err != nil {
		return 0, fmt.Errorf("listing leases: %w", err)
	}
	for _, lease := range all {
		if strings.HasPrefix(lease.ID, prefix) && abandoned(lease.Labels, me, now) {
			runs[lease.ID] = true
		}
	}
	for id := range runs {
		errs = append(errs, s.removeRun(ctx, id))
	}
	sweepFIFOs(me)
	return len(runs), errors.Join(errs...)
}

// runOf returns the name of the run that a container belongs to: the container's
// name up to the random part.
func runOf(id string) string {
	return id[:min(len(id), len(prefix)+12)]
}

// removeContainer kills a container's processes and removes it.
func removeContainer(ctx context.Context, c client.Container) error {
	task, err := c.Task(ctx, nil)
	if err == nil {
		if err := removeTask(ctx, task); err != nil {
			return fmt.Errorf("removing task %q: %w", c.ID(), err)
		}
	} else if !errdefs.IsNotFound(err) {
		return fmt.Errorf("removing task %q: %w", c.ID(), err)
	}
	if err := c.Delete(ctx); err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("removing container %q: %w", c.ID(), err)
	}
	return nil
}

// removeRun removes a run's lease, and with it its snapshots and content, and its
// incomplete blobs. All of it may be gone already.
func (s *server) removeRun(ctx context.Context, id string) error {
	lease := leases.Lease{ID: id}
	err := s.LeasesService().Delete(ctx, lease, leases.SynchronousDelete)
	if ctx.Err() != nil {
		// Out of time while containerd's garbage collection runs: it continues by
		// itself as long as the lease is gone.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), finalCleanupTimeout)
		defer cancel()
		err = s.LeasesService().Delete(ctx, lease, leases.SynchronousDelete)
	}
	var errs []error
	if err != nil && !errdefs.IsNotFound(err) {
		errs = append(errs, fmt.Errorf("removing lease %q: %w", id, err))
	}
	// A cancelled write may have started after the collection.
	cs := s.ContentStore()
	statuses, err := cs.ListStatuses(ctx, fmt.Sprintf("ref~=^%s", id))
	if err != nil {
		errs = append(errs, fmt.Errorf("listing incomplete blobs: %w", err))
	}
	for _, status := range statuses {
		if err := cs.Abort(ctx, status.Ref); err != nil && !errdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("removing incomplete blob %q: %w", status.Ref, err))
		}
	}
	return errors.Join(errs...)
}
