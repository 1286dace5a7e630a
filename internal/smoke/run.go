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
	// cleanupTime bounds the removal of everything when a run is cancelled, with
	// lastCleanupTime added for what must not be left undone; patientCleanupTime
	// bounds it when the run is not cancelled.
	cleanupTime        = 3500 * time.Millisecond
	lastCleanupTime    = time.Second
	patientCleanupTime = 2 * time.Minute
	// lifetime is how long a run may take beyond its own time limits before
	// others may take it for abandoned.
	lifetime = 6 * time.Hour
)

// A run is one smoke test on its way.
type run struct {
	id       string
	opt      Options
	server   *server
	img      v1.Image
	config   *v1.ConfigFile
	platform v1.Platform
	user     *user.ExecUser
	snapshot string // the unpacked image, parent of each container's own
	labels   map[string]string
	fifos    string
	log      *tail
	result   *Result
	removeBy time.Time // set at a cancellation: when removing has to be over
}

// Run starts the image in containerd and returns what it saw. The error is
//   - *UnavailableError when this machine can't run the image,
//   - *ContainerExitedError, *UnhealthyError, *ImportError or *TimeoutError when
//     the image didn't show what it had to,
//   - ctx's when it was cancelled, and something else for everything else.
//
// In each case everything that was made is removed before Run returns, within
// five seconds of a cancellation. The result is nil only when nothing was tried.
func Run(ctx context.Context, img v1.Image, opt Options) (*Result, error) {
	opt, err := opt.fill()
	if err != nil {
		return nil, err
	}
	r := &run{id: newID(), opt: opt, img: img, log: newTail(opt.LogBytes)}
	if err := r.examine(); err != nil {
		return nil, err
	}
	if r.server, err = connect(ctx, opt); err != nil {
		return nil, err
	}
	r.result.Server, r.result.Snapshotter = r.server.version, r.server.snapshotter
	err = r.whole(namespaces.WithNamespace(ctx, opt.Namespace))
	r.result.Log, r.result.LogDropped = r.log.String(), r.log.Dropped()
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		// What a cancellation breaks looks like many things; name the cause.
		err = errors.Join(fmt.Errorf("smoke test of %q: %w", r.result.Name, context.Cause(ctx)), err)
	}
	return r.result, errors.Join(err, r.server.Close())
}

// examine reads what the image says of itself and refuses what can't be run.
func (r *run) examine() error {
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

// whole is a run with its beginning and its end. ctx carries the namespace.
func (r *run) whole(ctx context.Context) (err error) {
	me := self()
	r.opt.Progress(Event{Stage: StageSweep})
	if _, err := r.server.sweep(ctx, me, time.Now()); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.note("leftovers of an earlier run could not all be removed: %v", err)
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

// load brings the image into containerd: blobs, snapshots, and the ids of its user.
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

// checks asks what there is to ask, in an order that makes the first failure the
// most telling one.
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

// cleanup removes what the run made, also when ctx is over.
func (r *run) cleanup(ctx context.Context) error {
	r.opt.Progress(Event{Stage: StageCleanup})
	ctx, cancel := r.removing(ctx)
	defer cancel()
	err := r.server.removeRun(ctx, r.id)
	return errors.Join(err, os.RemoveAll(r.fifos))
}

// removing is a context to remove things in: it outlives ctx, and makes nothing
// part of the lease. After a cancellation all removals share one short time.
func (r *run) removing(ctx context.Context) (context.Context, context.CancelFunc) {
	parent := withoutLease(ctx, r.opt.Namespace)
	if ctx.Err() == nil {
		return context.WithTimeout(parent, patientCleanupTime)
	}
	if r.removeBy.IsZero() {
		r.removeBy = time.Now().Add(cleanupTime)
	}
	return context.WithDeadline(parent, r.removeBy)
}

// withoutLease is a context for the same namespace that outlives ctx and makes
// nothing part of the lease that is being removed.
func withoutLease(ctx context.Context, namespace string) context.Context {
	return namespaces.WithNamespace(leases.WithLease(context.WithoutCancel(ctx), ""), namespace)
}

func (r *run) note(format string, args ...any) {
	r.result.Notes = append(r.result.Notes, fmt.Sprintf(format, args...))
}
