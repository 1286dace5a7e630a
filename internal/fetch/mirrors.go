package fetch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// noMirror is the mirror of what a lock names by URL.
const noMirror = -1

// offline is why nothing is asked for.
const offline = "not in the wheelhouse, and offline"

// outages remembers which mirrors failed in this run, so that not every wheel
// waits for each of them again.
type outages struct {
	mu   sync.Mutex
	list map[int]bool
}

// add notes a failure of a mirror, and reports whether it is the first one.
func (o *outages) add(mirror int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.list == nil {
		o.list = map[int]bool{}
	}
	first := !o.list[mirror]
	o.list[mirror] = true
	return first
}

func (o *outages) has(mirror int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.list[mirror]
}

// onMirrors is the best file of the first mirror, of those that were not tried,
// that has one which the lock's hashes allow. Since these decide, all mirrors are
// equal here, and one that fails doesn't stop the search: those that failed
// before are asked last.
func (f *fetcher) onMirrors(ctx context.Context, pin requirements.Pin, tried map[int]bool) (source, error) {
	var order, down []int
	for i := range f.opt.Index.Places() {
		switch {
		case tried[i]:
		case f.opt.Offline && !f.opt.Index.IsLocal(i):
		case f.down.has(i):
			down = append(down, i)
		default:
			order = append(order, i)
		}
	}
	var reasons []string
	var failures []error
	for _, i := range append(order, down...) {
		s, reason, err := f.onMirror(ctx, pin, i)
		switch {
		case ctx.Err() != nil:
			return source{}, context.Cause(ctx)
		case errors.Is(err, index.ErrNotFound):
		case err != nil:
			failures = append(failures, err)
			f.failed(i, err)
		case reason != "":
			reasons = append(reasons, reason)
		default:
			return s, nil
		}
	}
	switch {
	case len(failures) > 0:
		return source{}, fmt.Errorf("%s:%d: looking for %s==%s: %w", pin.File, pin.Line, pin.Name, pin.VersionText, errors.Join(failures...))
	case len(reasons) > 0:
		return source{}, missing(pin, strings.Join(reasons, "; "))
	case f.opt.Offline:
		return source{}, missing(pin, offline)
	case f.opt.Index.Places() == 0:
		return source{}, missing(pin, "not in the wheelhouse, and no index to fetch it from")
	}
	return source{}, missing(pin, "no index knows the project")
}

// failed notes that a mirror is out of order, and tells so once where another
// one is left.
func (f *fetcher) failed(mirror int, err error) {
	if f.down.add(mirror) && f.opt.Index.Places() > 1 {
		f.opt.Progress(Event{Kind: EventNote, Note: oneLine(err) + "; other mirrors are tried first from now on"})
	}
}

// onMirror is the best file that a mirror has for a pin, or the reason for which
// none will do. The error is index.ErrNotFound where it doesn't know the project.
func (f *fetcher) onMirror(ctx context.Context, pin requirements.Pin, i int) (source, string, error) {
	p, err := f.opt.Index.ProjectOn(ctx, i, pin.Normalized, locked(pin))
	if err != nil {
		return source{}, "", err
	}
	if err := f.hashLocal(pin, p); err != nil {
		return source{}, "", err
	}
	if file, ok := f.pick(pin, p.Files); ok {
		return fileSource(pin, file, p), "", nil
	}
	if p, err = f.opt.Index.ProjectOn(ctx, i, pin.Normalized, nil); err != nil {
		return source{}, "", err
	}
	if err := f.hashLocal(pin, p); err != nil {
		return source{}, "", err
	}
	return source{}, f.explain(pin, p), nil
}

// hashLocal finds out the SHA-256 of those files of this machine that may be
// the pin's, and offline leaves out the others.
func (f *fetcher) hashLocal(pin requirements.Pin, p *index.Project) error {
	kept := p.Files[:0]
	for _, file := range p.Files {
		if file.Path == "" && f.opt.Offline {
			continue
		}
		if file.Path != "" && file.Wheel != nil && f.ladder.Rank(file.Wheel.Tags) != tags.Unsupported &&
			pep440.Exactly(pin.Version).Contains(file.Wheel.Version, pep440.PrereleasesAllow) {
			got, err := f.identify(file.Path, wheels.Options{LookupDigest: f.memory().Lookup})
			if err != nil {
				return fmt.Errorf("%s: %w", p.Server, err)
			}
			file.Hashes.SHA256 = got.SHA256
		}
		kept = append(kept, file)
	}
	p.Files = kept
	return nil
}
