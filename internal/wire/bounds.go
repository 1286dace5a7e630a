package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// ErrTooLarge says that a response had more bytes than any of its kind may have.
var ErrTooLarge = errors.New("response too large")

// Bound is a transport that bounds response bodies as a whole, where a
// [StallGuard] is content with any progress: reading more than Size bytes fails
// with [ErrTooLarge], and reading for longer than Time with [ErrStalled].
type Bound struct {
	Inner http.RoundTripper
	Size  int64
	Time  time.Duration
	// Exempt tells which requests are left alone, for content whose size is known
	// otherwise; nil means none.
	Exempt func(*http.Request) bool
}

// RoundTrip implements http.RoundTripper.
func (b *Bound) RoundTrip(in *http.Request) (*http.Response, error) {
	if b.Exempt != nil && b.Exempt(in) {
		return b.Inner.RoundTrip(in)
	}
	ctx, cancel := context.WithCancelCause(in.Context())
	resp, err := b.Inner.RoundTrip(in.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	timer := time.AfterFunc(b.Time, func() {
		cancel(fmt.Errorf("%w: the response did not end within %v", ErrStalled, b.Time))
	})
	resp.Body = &boundBody{ReadCloser: resp.Body, ctx: ctx, cancel: cancel, timer: timer, size: b.Size, left: b.Size}
	return resp, nil
}

// boundBody keeps the request's context, to say why reading failed.
type boundBody struct {
	io.ReadCloser
	ctx        context.Context //nolint:containedctx // it is the context of this very body
	cancel     context.CancelCauseFunc
	timer      *time.Timer
	size, left int64
}

func (b *boundBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, b.size)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = stallError(b.ctx, err)
	}
	return n, err
}

func (b *boundBody) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
