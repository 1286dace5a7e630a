package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/assemble-image/assemble/internal/wire"
)

// policy says whether and when something is tried again.
type policy struct{ wire.Policy }

// next returns how long to wait after the failed try number n, counted from
// 1, and whether there is to be another one.
func (p policy) next(n int, err error) (time.Duration, bool) {
	if !isTemporary(err) {
		return 0, false
	}
	var e *Error
	var after time.Duration
	if errors.As(err, &e) {
		after = e.RetryAfter
	}
	return p.Next(n, err, after)
}

// isTemporary reports whether trying again can help.
func isTemporary(err error) bool {
	var e *Error
	if errors.As(err, &e) && e.Status != 0 {
		return wire.TemporaryStatus(e.Status) || errors.Is(e.Kind, ErrRateLimited)
	}
	return !errors.Is(err, ErrContent) && wire.Temporary(err)
}

// onceKey marks requests that their maker repeats by himself, because they
// need more than being sent again.
type onceKey struct{}

func onlyOnce(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, true)
}

// repeated undoes [onlyOnce], for a handshake within: it is what the blob's
// attempts build upon, and when it fails for good they have nothing to retry.
func repeated(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, nil)
}

// retrier is the transport that repeats requests.
type retrier struct {
	inner  http.RoundTripper
	policy policy
	note   func(string)
}

// RoundTrip implements http.RoundTripper. A request is sent with a fresh body
// each time, the first included: the layer above sends a request twice by
// itself when a token has run out.
func (r *retrier) RoundTrip(in *http.Request) (*http.Response, error) {
	for n := 1; ; n++ {
		ctx := in.Context()
		if n > 1 {
			ctx = wire.WithAttempt(ctx, n)
		}
		req := in.Clone(ctx)
		if in.GetBody != nil {
			body, err := in.GetBody()
			if err != nil {
				return nil, err
			}
			req.Body = body
		}
		resp, err := r.inner.RoundTrip(req)
		failure := err
		if err == nil && wire.TemporaryStatus(resp.StatusCode) {
			failure = &Error{Status: resp.StatusCode, RetryAfter: wire.RetryAfter(resp.Header, time.Now())}
		}
		if failure == nil || in.Context().Value(onceKey{}) != nil || (in.Body != nil && in.GetBody == nil) {
			return resp, err
		}
		d, again := r.policy.next(n, failure)
		if !again || wire.IsPrompt(in.Context()) && wire.Unreached(failure) {
			return resp, err
		}
		if resp != nil {
			resp.Body.Close()
		}
		r.note(fmt.Sprintf("%s %s: %s; retrying in %v", in.Method, in.URL.Host, toError(failure), d.Round(time.Millisecond)))
		if err := wire.Sleep(in.Context(), d); err != nil {
			return nil, err
		}
	}
}
