package base

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/wire"
	"github.com/assemble-image/assemble/manifest"
)

// DefaultTimeout is how long one candidate may take to answer.
const DefaultTimeout = 20 * time.Second

// Remote finds images in registries.
type Remote interface {
	// Image returns the image that ref means for the platform, and the
	// digest of what ref leads to, which may be an index. It reads manifests
	// and configuration only. The image's layers are read later, when ctx has
	// ended: it must not keep ctx. Where another candidate is left, ctx is
	// marked by [wire.Prompt].
	Image(ctx context.Context, ref string, p v1.Platform) (img v1.Image, digest v1.Hash, err error)
}

// Image is a base that was found.
type Image struct {
	// Image is the base itself.
	Image v1.Image
	// Ref is the candidate that answered, as it was given.
	Ref string
	// Name is the first candidate's reference in full
	// ("docker.io/library/python:3.10"), for the annotation
	// org.opencontainers.image.base.name: the same whichever candidate has
	// answered. It is empty for a base on disk: a path means nothing to others.
	Name string
	// Digest is that of the platform's manifest.
	Digest v1.Hash
	// Repository is where the base's blobs can be mounted from
	// ("index.docker.io/library/python"), empty for a base on disk.
	Repository string
	// Embedded says that it is the one of [Options], which has no programs.
	Embedded bool
	// Pinned is the digest that the lock has for it, "" for none; Kept says that it
	// comes from the layout that keeps what is pinned.
	Pinned string
	Kept   bool
	// Passed are the candidates that were tried before, nil where this was
	// the first.
	Passed *UnavailableError
}

// Options says how candidates are tried.
type Options struct {
	// Remote answers registry references; without one they all fail.
	Remote Remote
	// Offline asks no registry: a reference there is passed over with
	// [ErrOffline].
	Offline bool
	// Timeout bounds each candidate. Zero means [DefaultTimeout].
	Timeout time.Duration
	// Dir is what relative paths start from; empty means the working
	// directory.
	Dir string
	// Lock pins what is in registries; nil pins nothing.
	Lock *Lock
	// Containerd opens an image of this machine's containerd by its name in full;
	// without it there are none.
	Containerd func(ctx context.Context, name string, p v1.Platform) (v1.Image, error)
	// Embedded opens the image meant by "embedded:"; without it there is
	// none.
	Embedded func() (v1.Image, error)
}

// ErrOffline says that a registry was not asked, because nothing may be.
var ErrOffline = errors.New("registries aren't asked offline")

// Open tries candidates in order and returns the first that opens and is for
// the platform. A candidate is a registry reference, with or without
// "docker://" before it, or, as containers-transports(5) has them,
// "oci:DIR[:TAG]", "oci-archive:FILE[:TAG]", "docker-archive:FILE[:TAG]" or "containerd:NAME";
// "embedded:" is the one in opt.
//
// When none opens, the error is an [*UnavailableError]. It says of each why,
// and unwraps to the causes, among them [*manifest.PlatformError].
func Open(ctx context.Context, candidates []string, platform v1.Platform, opt Options) (*Image, error) {
	if len(candidates) == 0 {
		return nil, errors.New("opening the base image: no candidates given")
	}
	if opt.Timeout <= 0 {
		opt.Timeout = DefaultTimeout
	}
	failed := &UnavailableError{}
	for i, c := range candidates {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("opening the base image: %w", err)
		}
		asking := ctx
		if i < len(candidates)-1 {
			asking = wire.Prompt(ctx)
		}
		img, err := openOne(asking, c, platform, opt)
		if err == nil {
			img.Name, img.Embedded = nameOf(candidates[0]), isEmbedded(c)
			if len(failed.Candidates) > 0 {
				img.Passed = failed
			}
			return img, nil
		}
		failed.Candidates = append(failed.Candidates, c)
		failed.Causes = append(failed.Causes, err)
	}
	if err := ctx.Err(); err != nil { // it ended everything, not the candidate
		return nil, fmt.Errorf("opening the base image: %w", err)
	}
	return nil, failed
}

// openOne opens a candidate within its time. What ignores the context, such
// as a disk that hangs, is left behind rather than waited for.
func openOne(ctx context.Context, candidate string, p v1.Platform, opt Options) (*Image, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := fmt.Errorf("no answer within %v: %w", opt.Timeout, context.DeadlineExceeded)
	timer := time.AfterFunc(opt.Timeout, func() { cancel(late) })
	defer timer.Stop()
	type answer struct {
		img *Image
		err error
	}
	ch := make(chan answer, 1)
	go func() {
		img, err := openRef(ctx, candidate, p, opt)
		ch <- answer{img, err}
	}()
	select {
	case a := <-ch:
		if a.err != nil && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return a.img, a.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func openRef(ctx context.Context, candidate string, p v1.Platform, opt Options) (*Image, error) {
	s, err := parseSource(candidate, opt.Dir)
	if err != nil {
		return nil, err
	}
	var img v1.Image
	switch s.transport {
	case remote:
		return openRemote(ctx, candidate, s.ref, p, opt)
	case layout:
		img, err = manifest.ReadLayout(s.path, s.ref, p)
	case ociArchive:
		img, err = manifest.ReadOCIArchive(s.path, s.ref, p)
	case dockerArchive:
		img, err = manifest.ReadDockerArchive(ctx, s.path, s.ref, p)
	case embedded:
		img, err = openEmbedded(opt.Embedded)
	case containerd:
		if opt.Containerd == nil {
			return nil, errors.New("containerd's images are not supported here")
		}
		img, err = opt.Containerd(ctx, s.ref, p)
	}
	if err != nil {
		return nil, err
	}
	return found(candidate, img, p)
}

// found is an image that was opened, once it is seen to be for the platform.
// The digest is that of its own manifest, not of an index that led to it: a
// copy on disk may have none.
func found(candidate string, img v1.Image, p v1.Platform) (*Image, error) {
	digest, err := img.Digest()
	if err != nil {
		return nil, fmt.Errorf("reading the digest: %w", err)
	}
	if err := checkPlatform(img, p); err != nil {
		return nil, err
	}
	return &Image{Image: img, Ref: candidate, Digest: digest}, nil
}

func openEmbedded(open func() (v1.Image, error)) (v1.Image, error) {
	if open == nil {
		return nil, errors.New("there is no embedded image")
	}
	return open()
}

func openRemote(ctx context.Context, candidate, ref string, p v1.Platform, opt Options) (*Image, error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return nil, fmt.Errorf("parsing the reference: %w", err)
	}
	kept, pin := opt.Lock.openPinned(candidate, p)
	if kept != nil {
		out, err := found(candidate, kept, p)
		if err == nil {
			out.Pinned, out.Kept = pin, true
		}
		return out, err
	}
	if opt.Offline {
		return nil, ErrOffline
	}
	if pin != "" {
		ref = parsed.Context().Name() + "@" + pin
	}
	if opt.Remote == nil {
		return nil, errors.New("registries are not supported here")
	}
	img, _, err := opt.Remote.Image(ctx, ref, p)
	if err != nil {
		return nil, err
	}
	out, err := found(candidate, img, p)
	if err != nil {
		return nil, err
	}
	out.Repository, out.Pinned = parsed.Context().Name(), pin
	return out, nil
}

func checkPlatform(img v1.Image, want v1.Platform) error {
	cf, err := img.ConfigFile()
	if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	return manifest.CheckPlatform(want, cf)
}
