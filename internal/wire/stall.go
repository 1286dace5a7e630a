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
	// minProgress is what has to move within the stall time, in bytes, to
	// count as progress: one byte a second is as good as nothing.
	minProgress = 4 << 10
	// commitPatience multiplies the stall time while a registry works on an
	// upload that is complete: some copy the whole blob before they answer.
	commitPatience = 4
)

// meter cancels a request that makes too little progress. Only the time that
// the network takes counts, not the time that our side takes to make or use
// the bytes.
type meter struct {
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

func newMeter(window time.Duration, cancel func()) *meter {
	m := &meter{window: window, cancel: cancel}
	m.timer = time.AfterFunc(window, cancel)
	m.timer.Stop()
	return m
}

// start begins the network's turn.
func (m *meter) start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done || m.running {
		return
	}
	m.running, m.began = true, time.Now()
	m.timer.Reset(max(m.window-m.spent, 0))
}

// stop ends the network's turn, in which n bytes moved.
func (m *meter) stop(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done || !m.running {
		return
	}
	m.timer.Stop()
	m.running = false
	m.spent += time.Since(m.began)
	m.moved += int64(n)
	if m.moved >= minProgress {
		m.spent, m.moved = 0, 0
	}
}

// extend makes the window longer from now on.
func (m *meter) extend(factor time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.window *= factor
	m.spent, m.moved = 0, 0
}

// close ends the meter for good.
func (m *meter) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done = true
	m.timer.Stop()
}

// ErrStalled says that a request made no progress for too long.
var ErrStalled = errors.New("no progress")

// patienceKey marks requests whose answer may take longer.
type patienceKey struct{}

// Patiently marks the requests of a context as such that a server may take
// long to answer once it has all of their body.
func Patiently(ctx context.Context) context.Context {
	return context.WithValue(ctx, patienceKey{}, true)
}

// Staller is the transport that watches over progress: a request or an answer
// that moves less than 4 KiB within Window ends with [ErrStalled].
type Staller struct {
	Inner  http.RoundTripper
	Window time.Duration
}

// RoundTrip implements http.RoundTripper.
func (s *Staller) RoundTrip(in *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(in.Context())
	stalled := fmt.Errorf("%w for %v", ErrStalled, s.Window)
	giveUp := func() { cancel(stalled) }
	sending := newMeter(s.Window, giveUp)
	patient := in.Context().Value(patienceKey{}) != nil

	req := in.WithContext(ctx)
	if in.Body != nil && in.Body != http.NoBody {
		req.Body = &sentBody{ReadCloser: in.Body, meter: sending, patient: patient}
	} else if patient {
		sending.extend(commitPatience)
	}
	sending.start()
	resp, err := s.Inner.RoundTrip(req)
	sending.close()
	if err != nil {
		err = stallError(ctx, err)
		cancel(nil)
		return nil, err
	}
	resp.Body = &gotBody{ReadCloser: resp.Body, ctx: ctx, meter: newMeter(s.Window, giveUp), cancel: cancel}
	return resp, nil
}

// stallError puts the reason of a cancellation in place of its effect.
func stallError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// sentBody is a request's body: while it isn't read, the network is at work.
type sentBody struct {
	io.ReadCloser
	meter   *meter
	patient bool
	last    int
}

func (b *sentBody) Read(p []byte) (int, error) {
	b.meter.stop(b.last)
	n, err := b.ReadCloser.Read(p)
	b.last = n
	if err == io.EOF && b.patient {
		b.meter.extend(commitPatience)
	}
	b.meter.start()
	return n, err
}

// gotBody is an answer's body: while it is being read, the network is at work.
// It keeps the request's context, to tell why reading ended.
type gotBody struct {
	io.ReadCloser
	ctx    context.Context //nolint:containedctx // it is the context of this very body
	meter  *meter
	cancel context.CancelCauseFunc
}

func (b *gotBody) Read(p []byte) (int, error) {
	b.meter.start()
	n, err := b.ReadCloser.Read(p)
	b.meter.stop(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = stallError(b.ctx, err)
	}
	return n, err
}

func (b *gotBody) Close() error {
	b.meter.close()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
