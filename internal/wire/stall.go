package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// minProgress and minRate, in bytes and bytes per second, are how much must
	// move within the window to count as progress: a trickle is as good as none.
	minProgress = 4 << 10
	minRate     = 1 << 10
	// commitFactor multiplies the window while a registry commits a complete
	// upload: some copy the whole blob before they respond.
	commitFactor = 4
)

// stallTimer cancels a request that makes too little progress. Only time spent
// waiting for the network counts, not the time that our side takes to produce or
// consume the bytes.
type stallTimer struct {
	window time.Duration
	cancel func()

	mu      sync.Mutex
	timer   *time.Timer
	began   time.Time
	running bool
	done    bool
	spent   time.Duration
	moved   int64
}

func newStallTimer(window time.Duration, cancel func()) *stallTimer {
	m := &stallTimer{window: window, cancel: cancel}
	m.timer = time.AfterFunc(window, cancel)
	m.timer.Stop()
	return m
}

// start begins waiting for the network.
func (m *stallTimer) start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done || m.running {
		return
	}
	m.running, m.began = true, time.Now()
	m.timer.Reset(max(m.window-m.spent, 0))
}

// stop ends waiting for the network, which moved n bytes.
func (m *stallTimer) stop(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done || !m.running {
		return
	}
	m.timer.Stop()
	m.running = false
	m.spent += time.Since(m.began)
	m.moved += int64(n)
	if m.moved >= max(minProgress, int64(m.window.Seconds()*minRate)) {
		m.spent, m.moved = 0, 0
	}
}

// extend lengthens the window from now on.
func (m *stallTimer) extend(factor time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.window *= factor
	m.spent, m.moved = 0, 0
}

// close stops the timer for good.
func (m *stallTimer) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done = true
	m.timer.Stop()
}

// ErrStalled says that a request made no progress for too long.
var ErrStalled = errors.New("no progress")

// slowResponseKey marks requests whose response may take longer.
type slowResponseKey struct{}

// AllowSlowResponse marks requests that a server may take long to respond to once
// it has received their whole body.
func AllowSlowResponse(ctx context.Context) context.Context {
	return context.WithValue(ctx, slowResponseKey{}, true)
}

// StallGuard is a transport that requires progress: a request or response that
// moves less than 4 KiB, or 1 KiB per second, within Window fails with [ErrStalled].
type StallGuard struct {
	Inner  http.RoundTripper
	Window time.Duration
}

// RoundTrip implements http.RoundTripper.
func (s *StallGuard) RoundTrip(in *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(in.Context())
	stalled := fmt.Errorf("%w for %v", ErrStalled, s.Window)
	abort := func() { cancel(stalled) }
	sending := newStallTimer(s.Window, abort)
	slowResponse := in.Context().Value(slowResponseKey{}) != nil

	req := in.WithContext(ctx)
	if in.Body != nil && in.Body != http.NoBody {
		req.Body = &requestBody{ReadCloser: in.Body, timer: sending, slowResponse: slowResponse}
	} else if slowResponse {
		sending.extend(commitFactor)
	}
	sending.start()
	resp, err := s.Inner.RoundTrip(req)
	sending.close()
	if err != nil {
		err = stallError(ctx, err)
		cancel(nil)
		return nil, err
	}
	resp.Body = &responseBody{ReadCloser: resp.Body, ctx: ctx, timer: newStallTimer(s.Window, abort), cancel: cancel}
	return resp, nil
}

// stallError replaces the effect of a cancellation by its cause.
func stallError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// requestBody is a request's body: between reads, the network is sending.
type requestBody struct {
	io.ReadCloser
	timer        *stallTimer
	slowResponse bool
	last         int
}

func (b *requestBody) Read(p []byte) (int, error) {
	b.timer.stop(b.last)
	n, err := b.ReadCloser.Read(p)
	b.last = n
	if err == io.EOF && b.slowResponse {
		b.timer.extend(commitFactor)
	}
	b.timer.start()
	return n, err
}

// responseBody is a response's body: during reads, the network is receiving. It
// keeps the request's context, to say why reading failed.
type responseBody struct {
	io.ReadCloser
	ctx    context.Context //nolint:containedctx // it is the context of this very body
	timer  *stallTimer
	cancel context.CancelCauseFunc
}

func (b *responseBody) Read(p []byte) (int, error) {
	b.timer.start()
	n, err := b.ReadCloser.Read(p)
	b.timer.stop(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = stallError(b.ctx, err)
	}
	return n, err
}

func (b *responseBody) Close() error {
	b.timer.close()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
