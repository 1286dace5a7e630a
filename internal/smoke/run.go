package smoke

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/sys/user"
	"golang.org/x/sync/errgroup"
)

const (
	// cleanupTimeout bounds the cleanup after a cancellation, finalCleanupTimeout
	// the part of it that must not be skipped, normalCleanupTimeout the cleanup
	// of a run that was not cancelled.
	cleanupTimeout       = 3500 * time.Millisecond
	finalCleanupTimeout  = time.Second
	normalCleanupTimeout = 2 * time.Minute
	// lifetime is how long after its own time limits a run counts as abandoned.
	lifetime = 6 * time.Hour
)

// A run is one smoke test in progress.
type run struct {
	id              string
	opt             Options
	server          *server
	img             v1.Image
	config          *v1.ConfigFile
	platform        v1.Platform
	user            *user.ExecUser
	snapshot        string // the unpacked image, parent of each container's own
	labels          map[string]string
	fifos           string
	log             *tail
	result          *Result
	cleanupDeadline time.Time // set on cancellation: when cleanup must be done
}

// Run starts the image in containerd, checks it and returns the result. The error is
//   - *UnavailableError when this machine can't run the image,
//   - *ContainerExitedError, *UnhealthyError, *ImportError or *TimeoutError when
//     the image failed a check,
//   - ctx's when it was cancelled, and another error otherwise.
//
// Whatever happens, everything the run created is removed before Run returns,
// within five seconds of a cancellation. The result is nil only if the run never started.
func Run(ctx context.Context, img v1.Image, opt Options) (*Result, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &run{id: newID(), opt: opt, img: img, log: newTail(opt.LogBytes)}
	if err := r.inspect(); err != nil {
		return nil, err
	}
	if r.server, err = connect(ctx, opt); err != nil {
		return nil, err
	}
	r.result.Server, r.result.Snapshotter = r.server.version, r.server.snapshotter
	err = r.execute(namespaces.WithNamespace(ctx, opt.Namespace))
	r.result.Log, r.result.LogDropped = r.log.String(), r.log.Dropped()
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		// A cancellation surfaces as all kinds of errors; name the cause.
		err = errors.Join(fmt.Errorf("smoke test of %q: %w", r.result.Name, context.Cause(ctx)), err)
	}
	return r.result, errors.Join(err, r.server.Close())
}

// inspect reads the image's configuration and rejects an image that can't run here.
func (r *run) inspect() error {
	digest, err := r.img.Digest()
	if err != nil {
		return fmt.Errorf("reading image: %w", err)
	}
	setDefault(&r.opt.Name, digest.String())
	if r.config, err = r.img.ConfigFile(); err != nil {
		return fmt.Errorf("reading configuration of image %q: %w", r.opt.Name, err)
	}
	r.platform = v1.Platform{OS: r.config.OS, Architecture: r.config.Architecture, Variant: r.config.Variant}
	if err := checkUser(r.config.Config.User); err != nil {
		return err
	}
	emulated, err := canRun(os.DirFS("/"), r.platform)
	if err != nil {
		return err
	}
	r.result = &Result{Name: r.opt.Name, Digest: digest.String(), Platform: r.platform.String(), Emulated: emulated}
	return nil
}

// execute is the whole run, from the sweep to the cleanup. ctx carries the namespace.
func (r *run) execute(ctx context.Context) (err error) {
	me := self()
	r.opt.Progress(Event{Stage: StageSweep})
	if _, err := r.server.sweep(ctx, me, time.Now()); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.note("leftovers of an earlier run could not be removed completely: %v", err)
	}
	expires := time.Now().Add(lifetime + 3*r.opt.Timeout + r.opt.StopTimeout)
	r.labels = labels(me, expires)
	r.fifos = filepath.Join(fifoRoot(), fifoName(me, r.id))
	lease, err := r.server.LeasesService().Create(ctx, leases.WithID(r.id), leases.WithLabels(r.labels), leases.WithExpiration(time.Until(expires)))
	if err != nil {
		return fmt.Errorf("creating lease %q: %w", r.id, err)
	}
	ctx = leases.WithLease(ctx, lease.ID)
	defer func() { err = errors.Join(err, r.cleanup(ctx)) }()
	if err := r.load(ctx); err != nil {
		return err
	}
	return r.checks(ctx)
}

// load puts the image into containerd (blobs and snapshots) and resolves its user.
func (r *run) load(ctx context.Context) error {
	layers, err := r.img.Layers()
	if err != nil {
		return fmt.Errorf("reading layers of %q: %w", r.opt.Name, err)
	}
	blobs, total, err := describe(layers)
	if err != nil {
		return err
	}
	begin := time.Now()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		err := ingest(gctx, r.server.ContentStore(), r.id, blobs, total, r.opt.Progress)
		r.result.Ingest = time.Since(begin)
		return err
	})
	g.Go(func() error {
		var err error
		r.snapshot, err = r.unpack(gctx, blobs)
		r.result.Unpack = time.Since(begin)
		return err
	})
	g.Go(func() error {
		accounts, err := readAccounts(gctx, layers)
		if err != nil {
			return err
		}
		if r.user, err = resolveUser(r.config.Config.User, accounts); err != nil {
			return err
		}
		r.result.User = fmt.Sprintf("%d:%d", r.user.Uid, r.user.Gid)
		return nil
	})
	return g.Wait()
}

// checks runs the configured checks, in the order that makes the first failure
// the most useful one.
func (r *run) checks(ctx context.Context) error {
	if r.opt.HTTP != nil {
		return r.checkHTTP(ctx)
	}
	if len(r.opt.Command) > 0 {
		if err := r.checkCommand(ctx); err != nil {
			return err
		}
	}
	if len(r.opt.Imports) > 0 {
		return r.checkImports(ctx)
	}
	return nil
}

// cleanup removes everything the run created, even after ctx is done.
func (r *run) cleanup(ctx context.Context) error {
	r.opt.Progress(Event{Stage: StageCleanup})
	ctx, cancel := r.cleanupContext(ctx)
	defer cancel()
	err := r.server.removeRun(ctx, r.id)
	return errors.Join(err, os.RemoveAll(r.fifos))
}

// cleanupContext outlives ctx and carries no lease. After a cancellation, all
// removals share one short deadline.
func (r *run) cleanupContext(ctx context.Context) (context.Context, context.CancelFunc) {
	parent := withoutLease(ctx, r.opt.Namespace)
	if ctx.Err() == nil {
		return context.WithTimeout(parent, normalCleanupTimeout)
	}
	if r.cleanupDeadline.IsZero() {
		r.cleanupDeadline = time.Now().Add(cleanupTimeout)
	}
	return context.WithDeadline(parent, r.cleanupDeadline)
}

// withoutLease returns a context for the same namespace that outlives ctx and
// adds nothing to the lease that is being removed.
func withoutLease(ctx context.Context, namespace string) context.Context {
	return namespaces.WithNamespace(leases.WithLease(context.WithoutCancel(ctx), ""), namespace)
}

func (r *run) note(format string, args ...any) {
	r.result.Notes = append(r.result.Notes, fmt.Sprintf(format, args...))
}
