package pipeline

import (
	"context"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/assemble-image/assemble/internal/trust"
)

// preflight is what is found out while the inputs are being read: whether the
// registry lets us push, and whether the key opens. A wrong name, missing
// credentials and a wrong password shall not show only once much has been
// downloaded and packed: the first failure ends the push.
type preflight struct {
	stop     context.CancelFunc      // ends the questions
	giveUp   context.CancelCauseFunc // ends the push
	ask      func()                  // asks the registry whether it lets us push; nil when that was asked
	answered chan struct{}           // closed when the registry has answered
	running  sync.WaitGroup

	mu  sync.Mutex
	err error // the first failure
}

// preflight asks the registry. Where it took a push to the repository before,
// it is asked later, if anything must be uploaded; until then it is only called
// on. The context it returns is the one for the push.
// The caller calls close when the push is over.
func (p *Pipeline) preflight(ctx context.Context, repo name.Repository) (context.Context, *preflight) {
	asking, stop := context.WithCancel(ctx)
	pushing, giveUp := context.WithCancelCause(ctx)
	f := &preflight{stop: stop, giveUp: giveUp, answered: make(chan struct{})}
	question := func(check func(context.Context, name.Repository) error) {
		if err := check(asking, repo); err != nil && asking.Err() == nil {
			f.fail(err)
		}
	}
	f.ask = func() {
		f.running.Go(func() {
			defer close(f.answered)
			question(p.opt.Registry.CheckPush)
		})
	}
	if p.opt.Cache.Has(kindPushed, repo.Name()) {
		f.running.Go(func() { question(p.opt.Registry.Connect) })
	} else {
		f.confirm()
	}
	return pushing, f
}

// kindPushed is what the cache keeps of repositories that took a push.
const kindPushed = "pushed"

// pushed remembers that the repository took a push.
func (p *Pipeline) pushed(repo name.Repository) {
	if !p.opt.Cache.Has(kindPushed, repo.Name()) {
		_ = p.opt.Cache.Put(kindPushed, repo.Name(), nil) // it says itself that it can't be written, once
	}
}

// confirm asks the registry whether it lets us push, unless that was asked. It
// is called by one goroutine.
func (f *preflight) confirm() {
	if f.ask != nil {
		f.ask()
		f.ask = nil
	}
}

// openKey opens the key meanwhile, and closes the channel that it returns when
// that is over. Opening takes a quarter of a second and 64 MiB, which planning
// has to spare, and packing less so.
func (f *preflight) openKey(key *trust.Key) <-chan struct{} {
	over := make(chan struct{})
	f.running.Go(func() {
		defer close(over)
		if _, err := key.Open(); err != nil {
			f.fail(err)
		}
	})
	return over
}

func (f *preflight) fail(err error) {
	f.mu.Lock()
	if f.err == nil {
		f.err = err
	}
	f.mu.Unlock()
	f.giveUp(err)
}

// failed returns the first failure so far.
func (f *preflight) failed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// wait waits for the registry's answer. Uploads do, so that a refusal is
// reported in its own words and not in those of the upload that fails first.
func (f *preflight) wait(ctx context.Context) error {
	select {
	case <-f.answered:
		return f.failed()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// instead is err, or the failure that has ended everything else. It ends the
// question to the registry if there is no answer yet.
func (f *preflight) instead(err error) error {
	f.stop()
	if f.ask == nil {
		<-f.answered
	}
	if failed := f.failed(); failed != nil {
		return failed
	}
	return err
}

// close waits for what is under way.
func (f *preflight) close() {
	f.stop()
	f.giveUp(context.Canceled)
	f.running.Wait()
}
