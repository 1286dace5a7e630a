package smoke

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

const (
	// The wait between attempts grows from firstWait to lastWait.
	firstWait = 50 * time.Millisecond
	lastWait  = time.Second
	// attemptTimeout bounds one attempt; programs can be slow under emulation.
	attemptTimeout = 15 * time.Second
)

// A probeFunc makes one attempt and returns the status of the response, or why
// there was none.
type probeFunc func(ctx context.Context) (status int, err error)

// waitHealthy probes until the container is healthy, exits, or times out.
func (c *running) waitHealthy(ctx context.Context) error {
	r := c.run
	r.result.HTTP.Healthy = false
	err := poll(ctx, c.done, c.probeFunc(), r.opt.HTTP.Status, r.result.HTTP, r.opt.Progress)
	late := errors.Is(context.Cause(ctx), errTimeUp)
	switch {
	case ctx.Err() != nil && !late:
		return ctx.Err()
	case c.hasEnded() && !late:
		return c.mayEnd()
	case err != nil:
		return &UnhealthyError{
			Name: r.opt.Name, URL: r.result.HTTP.URL, Want: r.opt.HTTP.Status, Status: r.result.HTTP.Status, Err: err,
			Attempts: r.result.HTTP.Attempts, Timeout: r.opt.Timeout, Loading: r.loaded, Log: r.log.String(),
		}
	}
	return nil
}

var errNotHealthy = errors.New("no attempt returned the expected status")

// poll probes until it gets the expected status, done is closed, or ctx is done.
// It returns nil only for the first, otherwise the error of the last attempt.
func poll(ctx context.Context, done <-chan struct{}, probe probeFunc, want int, res *HTTPResult, progress func(Event)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-done:
			cancel()
		case <-ctx.Done():
		}
	}()
	last := errNotHealthy
	for wait := firstWait; ; wait = min(wait*2, lastWait) {
		attempt, stop := context.WithTimeout(ctx, attemptTimeout)
		status, err := probe(attempt)
		stop()
		if ctx.Err() != nil && err != nil {
			// Interrupted: the previous attempt says more.
			return last
		}
		res.Attempts++
		res.Status, res.LastError = status, ""
		if err != nil {
			res.LastError, last = err.Error(), err
		} else {
			last = errNotHealthy
		}
		progress(Event{Stage: StageProbe, Item: res.URL, Done: int64(res.Attempts)})
		if err == nil && status == want {
			res.Healthy = true
			return nil
		}
		select {
		case <-ctx.Done():
			return last
		case <-time.After(wait):
		}
	}
}

// probeFunc chooses how to reach the container's port.
func (c *running) probeFunc() probeFunc {
	probe := c.run.opt.HTTP
	if c.ns != nil {
		return probe.probeFunc(c.ns.dial)
	}
	return c.probeInside
}

func (p *HTTPProbe) url(host string) string {
	return "http://" + net.JoinHostPort(host, strconv.Itoa(p.Port)) + p.Path
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// probeFunc makes requests with a new connection each time, no proxy, no
// redirects, and 127.0.0.1 before ::1.
func (p *HTTPProbe) probeFunc(dial dialFunc) probeFunc {
	port := strconv.Itoa(p.Port)
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dial(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
			if !errors.Is(err, syscall.ECONNREFUSED) {
				return conn, err
			}
			if conn, err := dial(ctx, "tcp", net.JoinHostPort("::1", port)); err == nil {
				return conn, nil
			}
			return nil, err
		},
	}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func(ctx context.Context) (int, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url("localhost"), nil)
		if err != nil {
			return 0, fmt.Errorf("creating request: %w", err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		// A response counts once its body has arrived, within reason.
		if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
			return 0, fmt.Errorf("reading response with status %d: %w", resp.StatusCode, err)
		}
		return resp.StatusCode, nil
	}
}
