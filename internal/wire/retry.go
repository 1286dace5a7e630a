package wire

import (
	"context"
	"errors"
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
	// maxRetryAfter caps the wait that a server may ask for.
	maxRetryAfter = 60 * time.Second
	// maxWait caps our own growing waits.
	maxWait = 30 * time.Second
	// slowTries bounds the attempts at failures that take long to detect.
	slowTries = 3
)

// Policy says how often and when to retry.
type Policy struct {
	// Tries is the maximum number of attempts, including the first.
	Tries int
	// Wait is the delay before the second attempt; it doubles for each further one.
	Wait time.Duration
}

// Next returns how long to wait after attempt n, counted from 1, failed with a
// temporary error, and whether to try again. after is the wait that the server
// asked for, or 0.
func (p Policy) Next(n int, err error, after time.Duration) (time.Duration, bool) {
	if n >= p.Tries || (isSlow(err) && n >= slowTries) {
		return 0, false
	}
	d := min(p.Wait<<min(n-1, 20), maxWait)
	d += rand.N(d/4 + 1) // jitter for parallel requests
	return max(d, after), true
}

type promptKey struct{}

// Prompt marks requests whose maker can go elsewhere: a host that can't be
// reached isn't tried again for them.
func Prompt(ctx context.Context) context.Context { return context.WithValue(ctx, promptKey{}, true) }

// IsPrompt reports whether the requests are marked by [Prompt].
func IsPrompt(ctx context.Context) bool { return ctx.Value(promptKey{}) != nil }

// Unreached reports whether the error is that no connection was made: the
// host's name or the host itself wasn't found, or it refused.
func Unreached(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(err, &dns) || errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// RetryAfter reads a Retry-After header: seconds, or a date (RFC 9110, 10.2.3).
// It is a minute at most, and 0 where there is none.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	var d time.Duration
	if s, err := strconv.Atoi(v); err == nil {
		d = time.Duration(min(max(s, 0), int(maxRetryAfter/time.Second))) * time.Second
	} else if t, err := http.ParseTime(v); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

// Temporary reports whether a retry may help against a network error.
func Temporary(err error) bool {
	if err == nil || errors.Is(err, ErrInsecure) {
		return false
	}
	for _, target := range []error{
		ErrStalled, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		http.ErrBodyReadAfterClose, // the connection broke, which closes the body beneath whoever sends it
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

// TemporaryStatus reports whether an HTTP status is worth a retry.
func TemporaryStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, 499: // 499: nginx, the client went away
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// isSlow reports whether a failure took long to detect.
func isSlow(err error) bool { return errors.Is(err, ErrStalled) || isTimeout(err) }

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// brokenHTTP2 recognizes errors of net/http that have no exported type, by their
// text.
func brokenHTTP2(err error) bool {
	text := err.Error()
	for _, part := range []string{"http2: server sent GOAWAY", "http2: client connection lost", "stream error:", "server closed idle connection", "malformed HTTP response"} {
		if strings.Contains(text, part) {
			return !strings.Contains(text, "HTTP response to HTTPS client")
		}
	}
	return false
}

// Sleep waits, or returns the context's cause.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
