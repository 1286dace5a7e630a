package pipeline

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"
)

// reach is the question to a push's registry whether it lets us push, which
// is asked while the inputs are being read: a wrong name and missing
// credentials shall not show only once much has been downloaded and packed.
type reach struct {
	stop context.CancelFunc
	give context.CancelCauseFunc // ends the push
	done chan struct{}
	err  error // to be read once done is closed
}

// reach asks. The context it returns is the one for the push: it ends when
// the answer is no. The caller calls end when the push is over.
func (p *Pipeline) reach(ctx context.Context, repo name.Repository) (context.Context, *reach) {
	asking, stop := context.WithCancel(ctx)
	pushing, give := context.WithCancelCause(ctx)
	r := &reach{stop: stop, give: give, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		if err := p.opt.Registry.CheckPush(asking, repo); err != nil && asking.Err() == nil {
			r.err = err
			give(err)
		}
	}()
	return pushing, r
}

// wait waits for the answer. Uploads do, so that a no is told in its own words
// and not in those of the upload that fails first.
func (r *reach) wait(ctx context.Context) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// instead is err, or the answer where that was no, since it has ended
// everything else. It ends the question if there is no answer yet.
func (r *reach) instead(err error) error {
	r.stop()
	<-r.done
	if r.err != nil {
		return r.err
	}
	return err
}

// end gives back what the question has taken.
func (r *reach) end() {
	r.stop()
	r.give(context.Canceled)
	<-r.done
}
