package smoke

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
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
	loaded          time.Duration // what of the test's time was over when the image was loaded
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
	timed, cancel := context.WithTimeoutCause(ctx, r.opt.Timeout, errTimeUp)
	defer cancel()
	begin, me := time.Now(), self()
	r.opt.Progress(Event{Stage: StageSweep})
	if _, err := r.server.sweep(timed, me, time.Now()); err != nil {
		if isOver(timed, err) {
			return r.interrupted(timed, "removing leftovers of an earlier run")
		}
		r.note("leftovers of an earlier run could not be removed completely: %v", err)
	}
	expires := time.Now().Add(lifetime + r.opt.Timeout + r.opt.StopTimeout)
	r.labels = labels(me, expires)
	r.fifos = filepath.Join(fifoRoot(), fifoName(me, r.id))
	// Before the lease is made: containerd may make it though the answer is lost.
	defer func() { err = errors.Join(err, r.cleanup(ctx)) }()
	_, err = r.server.LeasesService().Create(timed, leases.WithID(r.id), leases.WithLabels(r.labels), leases.WithExpiration(time.Until(expires)))
	if err != nil {
		return r.interruptedBy(timed, fmt.Errorf("creating lease %q: %w", r.id, err), "creating a lease in containerd")
	}
	ctx, timed = leases.WithLease(ctx, r.id), leases.WithLease(timed, r.id)
	if err := makeFIFODir(r.fifos); err != nil {
		return err
	}
	if err := r.load(timed); err != nil {
		return r.interruptedBy(timed, err, "loading the image into containerd")
	}
	r.loaded = time.Since(begin)
	return r.test(ctx, timed)
}

// test starts the image's entrypoint, checks it, and stops it. timed is ctx with
// the time limit, which doesn't hold for the stop.
func (r *run) test(ctx, timed context.Context) (err error) {
	if r.opt.HTTP != nil {
		r.result.HTTP = &HTTPResult{URL: r.opt.HTTP.url("localhost")}
	}
	c, err := r.start(timed, "main", nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close(ctx)) }()
	if err := c.check(timed); err != nil {
		return err
	}
	if c.hasEnded() {
		return c.mayEnd()
	}
	return c.stop(ctx)
}

// errTimeUp is why the context of a run is done when Options.Timeout has passed.
var errTimeUp = errors.New("the time for the whole test is up")

// interrupted is the error of a run whose ctx is done: a *TimeoutError when its
// time is up, else ctx's.
func (r *run) interrupted(ctx context.Context, while string) error {
	if errors.Is(context.Cause(ctx), errTimeUp) {
		return &TimeoutError{Name: r.opt.Name, What: while, Timeout: r.opt.Timeout, Log: r.log.String()}
	}
	return ctx.Err()
}

// interruptedBy is err, or interrupted where ctx is done and err only tells of
// that.
func (r *run) interruptedBy(ctx context.Context, err error, while string) error {
	if isOver(ctx, err) {
		return r.interrupted(ctx, while)
	}
	return err
}

// deadlineSkew is how much earlier than ours containerd's clock of a request may
// run out: it gets the time that is left, and counts on its own.
const deadlineSkew = time.Second

// isOver reports whether ctx is done. Where err, which may be nil, says that the
// time is up, it waits for ctx's to be.
func isOver(ctx context.Context, err error) bool {
	if deadline, ok := ctx.Deadline(); ok && err != nil && time.Until(deadline) < deadlineSkew && isDeadline(err) {
		<-ctx.Done()
	}
	return ctx.Err() != nil
}

// isDeadline reports whether an error says that the time of a request is up,
// also as text of another server behind containerd.
func isDeadline(err error) bool {
	return errdefs.IsDeadlineExceeded(err) || strings.Contains(err.Error(), "DeadlineExceeded") || strings.Contains(err.Error(), context.DeadlineExceeded.Error())
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
	if ctx.Err() == nil || errors.Is(context.Cause(ctx), errTimeUp) {
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
