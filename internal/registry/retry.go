package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// maxRetryAfter caps what a registry may ask us to wait.
	maxRetryAfter = 60 * time.Second
	// maxWait caps our own growing waits.
	maxWait = 30 * time.Second
	// slowTries bounds the tries of failures that each take long to notice.
	slowTries = 3
)

// policy says whether and when something is tried again.
type policy struct {
	tries int
	wait  time.Duration
}

// next returns how long to wait after the failed try number n, counted from
// 1, and whether there is to be another one.
func (p policy) next(n int, err error) (time.Duration, bool) {
	if n >= p.tries || !isTemporary(err) || (isSlow(err) && n >= slowTries) {
		return 0, false
	}
	d := min(p.wait<<min(n-1, 20), maxWait)
	d += rand.N(d/4 + 1) // so that parallel uploads don't come back at once
	var e *Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		d = max(d, e.RetryAfter)
	}
	return d, true
}

// retryAfter reads a Retry-After header: seconds, or a date (RFC 9110, 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	var d time.Duration
	if s, err := strconv.Atoi(v); err == nil {
		d = time.Duration(min(max(s, 0), int(maxRetryAfter/time.Second))) * time.Second
	} else if t, err := http.ParseTime(v); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

// isTemporary reports whether trying again can help.
func isTemporary(err error) bool {
	var e *Error
	if errors.As(err, &e) && e.Status != 0 {
		return temporaryStatus(e.Status) || errors.Is(e.Kind, ErrRateLimited)
	}
	if errors.Is(err, ErrInsecure) || errors.Is(err, ErrContent) {
		return false
	}
	for _, target := range []error{
		ErrStalled, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.IsTemporary || dns.IsTimeout
	}
	return isTimeout(err) || brokenHTTP2(err)
}

func temporaryStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, 499: // 499: nginx, the client went away
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// isSlow tells failures that took their time from those that came at once.
func isSlow(err error) bool { return errors.Is(err, ErrStalled) || isTimeout(err) }

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// brokenHTTP2 knows by text the errors of net/http that have no exported type.
func brokenHTTP2(err error) bool {
	text := err.Error()
	for _, part := range []string{"http2: server sent GOAWAY", "http2: client connection lost", "stream error:", "server closed idle connection", "malformed HTTP response"} {
		if strings.Contains(text, part) {
			return !strings.Contains(text, "HTTP response to HTTPS client")
		}
	}
	return false
}

// sleep waits, or returns the context's cause.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// onceKey marks requests that their maker repeats by himself, because they
// need more than being sent again.
type onceKey struct{}

func onlyOnce(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, true)
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
		req := in.Clone(in.Context())
		if in.GetBody != nil {
			body, err := in.GetBody()
			if err != nil {
				return nil, err
			}
			req.Body = body
		}
		resp, err := r.inner.RoundTrip(req)
		failure := err
		if err == nil && temporaryStatus(resp.StatusCode) {
			failure = &Error{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header, time.Now())}
		}
		if failure == nil || in.Context().Value(onceKey{}) != nil || (in.Body != nil && in.GetBody == nil) {
			return resp, err
		}
		d, again := r.policy.next(n, failure)
		if !again {
			return resp, err
		}
		if resp != nil {
			resp.Body.Close()
		}
		r.note(fmt.Sprintf("%s %s: %s; again in %v", in.Method, in.URL.Host, toError(failure), d.Round(time.Millisecond)))
		if err := sleep(in.Context(), d); err != nil {
			return nil, err
		}
	}
}
