package smoke

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
)

// Sweep removes what killed runs left behind in the namespace: containers,
// tasks, snapshots, content and leases whose process is gone or whose time is
// over. It touches nothing that it can't tell to be such a run's. It returns how
// many runs it removed, and an *UnavailableError where there is no containerd.
func Sweep(ctx context.Context, opt Options) (int, error) {
	setDefault(&opt.Namespace, DefaultNamespace)
	s, err := connect(ctx, opt)
	if err != nil {
		return 0, err
	}
	n, err := s.sweep(namespaces.WithNamespace(ctx, opt.Namespace), self(), time.Now())
	return n, errors.Join(err, s.Close())
}

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

// runOf is the name of the run that made a container: its name without the part
// after the random one.
func runOf(id string) string {
	return id[:min(len(id), len(prefix)+12)]
}

// removeContainer ends a container's processes and removes its record.
func removeContainer(ctx context.Context, c client.Container) error {
	task, err := c.Task(ctx, nil)
	if err == nil {
		if _, err := task.Delete(ctx, client.WithProcessKill); err != nil && !errdefs.IsNotFound(err) {
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

// removeRun removes a run's lease, with which its snapshots and its content go,
// and its half-written blobs. All of it may be gone already.
func (s *server) removeRun(ctx context.Context, id string) error {
	lease := leases.Lease{ID: id}
	err := s.LeasesService().Delete(ctx, lease, leases.SynchronousDelete)
	if ctx.Err() != nil {
		// Out of time while containerd collects what the lease held: it goes on by
		// itself, if only the lease is gone.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastCleanupTime)
		defer cancel()
		err = s.LeasesService().Delete(ctx, lease, leases.SynchronousDelete)
	}
	var errs []error
	if err != nil && !errdefs.IsNotFound(err) {
		errs = append(errs, fmt.Errorf("removing lease %q: %w", id, err))
	}
	// A write that was cancelled may have begun after the collection.
	cs := s.ContentStore()
	statuses, err := cs.ListStatuses(ctx, fmt.Sprintf("ref~=^%s", id))
	if err != nil {
		errs = append(errs, fmt.Errorf("listing half-written blobs: %w", err))
	}
	for _, status := range statuses {
		if err := cs.Abort(ctx, status.Ref); err != nil && !errdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("removing half-written blob %q: %w", status.Ref, err))
		}
	}
	return errors.Join(errs...)
}

// fifoRoot is where the pipes of containers' output are made. It has to be
// visible to containerd under the same path.
func fifoRoot() string {
	if os.Geteuid() == 0 {
		return "/run/assemble-smoke"
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "assemble-smoke")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("assemble-smoke-%d", os.Geteuid()))
}

// fifoName is the directory of one run's pipes; it tells its owner.
func fifoName(o owner, id string) string {
	return strings.ReplaceAll(o.String(), "/", "+") + "+" + id
}

func sweepFIFOs(me owner) {
	root := fifoRoot()
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	for _, entry := range entries {
		name, _ := cutLast(entry.Name(), "+")
		if abandoned(map[string]string{ownerLabel: strings.ReplaceAll(name, "+", "/")}, me, time.Time{}) {
			// Best effort: an empty directory in a tmpfs harms nobody.
			_ = os.RemoveAll(filepath.Join(root, entry.Name()))
		}
	}
}
