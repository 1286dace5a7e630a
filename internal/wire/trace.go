package wire

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// Exchange is one HTTP request and what came of it, for debugging. It holds no
// secrets: no headers, no bodies, and a URL that [MaskURL] has masked.
type Exchange struct {
	Method, URL string
	// Status is the HTTP status of the response; 0 if there was none.
	Status int
	// Err says why there was no response, or why reading it failed; "" if
	// neither.
	Err string
	// Sent and Received are the bytes of the bodies that moved.
	Sent, Received int64
	// Elapsed is the time from the request to the end of the response's body.
	Elapsed time.Duration
	// Reused says that an existing connection was used.
	Reused bool
	// Attempt counts from 1; 2 and more are retries.
	Attempt int
}

// attemptKey carries the number of the attempt.
type attemptKey struct{}

// WithAttempt numbers the requests of a context as attempt n of something that is
// retried, counted from 1, for [Exchange].
func WithAttempt(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, attemptKey{}, n)
}

// Traced returns a transport that calls trace after each exchange, from several
// goroutines at once: when the response's body has been read or closed, or when
// the request has failed. With a nil trace it returns inner. It belongs below
// whatever retries.
func Traced(inner http.RoundTripper, trace func(Exchange)) http.RoundTripper {
	if trace == nil {
		return inner
	}
	return &tracer{inner: inner, trace: trace}
}

type tracer struct {
	inner http.RoundTripper
	trace func(Exchange)
}

// RoundTrip implements http.RoundTripper.
func (t *tracer) RoundTrip(in *http.Request) (*http.Response, error) {
	begin := time.Now()
	e := Exchange{Method: in.Method, URL: MaskURL(in.URL), Attempt: 1}
	if n, ok := in.Context().Value(attemptKey{}).(int); ok {
		e.Attempt = n
	}
	var reused atomic.Bool
	req := in.WithContext(httptrace.WithClientTrace(in.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { reused.Store(info.Reused) },
	}))
	var sent atomic.Int64
	if in.Body != nil && in.Body != http.NoBody {
		req.Body = &countedBody{ReadCloser: in.Body, n: &sent}
	}
	end := func(received int64, err error) {
		e.Sent, e.Received, e.Reused, e.Elapsed = sent.Load(), received, reused.Load(), time.Since(begin)
		e.Err = errorText(err)
		t.trace(e)
	}
	resp, err := t.inner.RoundTrip(req)
	if err != nil {
		end(0, err)
		return nil, err
	}
	e.Status = resp.StatusCode
	resp.Body = &tracedBody{ReadCloser: resp.Body, end: end}
	return resp, nil
}

// countedBody counts what is read of a request's body.
type countedBody struct {
	io.ReadCloser
	n *atomic.Int64
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n.Add(int64(n))
	return n, err
}

// tracedBody reports the end of a response's body, once.
type tracedBody struct {
	io.ReadCloser
	n    atomic.Int64
	once sync.Once
	end  func(received int64, err error)
}

func (b *tracedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n.Add(int64(n))
	if err == io.EOF {
		b.once.Do(func() { b.end(b.n.Load(), nil) })
	} else if err != nil {
		b.once.Do(func() { b.end(b.n.Load(), err) })
	}
	return n, err
}

func (b *tracedBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { b.end(b.n.Load(), nil) })
	return err
}
