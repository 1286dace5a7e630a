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
	// Waits between attempts grow from the first to the last of these.
	firstWait = 50 * time.Millisecond
	lastWait  = time.Second
	// attemptTime bounds one attempt; a program under emulation may be slow.
	attemptTime = 15 * time.Second
)

// An asker makes one attempt: the status of the answer, or why there was none.
type asker func(ctx context.Context) (status int, err error)

// checkHTTP runs the image's entrypoint until it is healthy, imports what is
// asked for inside of it, and stops it.
func (r *run) checkHTTP(ctx context.Context) (err error) {
	r.result.HTTP = &HTTPResult{URL: r.opt.HTTP.url("localhost")}
	c, err := r.start(ctx, "http", nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close(ctx)) }()
	if err := c.awaitHealth(ctx); err != nil {
		return err
	}
	if len(r.opt.Imports) > 0 {
		if err := r.importAll(ctx, c.importer()); err != nil {
			return err
		}
		select {
		case <-c.done:
			return c.exited(nil)
		default:
		}
	}
	return c.stop(ctx)
}

// awaitHealth probes until the container answers as wanted, ends, or runs out of time.
func (c *running) awaitHealth(ctx context.Context) error {
	r := c.run
	probing, cancel := context.WithTimeout(ctx, r.opt.Timeout)
	defer cancel()
	err := poll(probing, c.done, c.asker(), r.opt.HTTP.Status, r.result.HTTP, r.opt.Progress)
	select {
	case <-c.done:
		// An answer that another attempt got before the end doesn't count either.
		if ctx.Err() == nil {
			r.result.HTTP.Healthy = false
			return c.exited(nil)
		}
	default:
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &UnhealthyError{
			Name: r.opt.Name, URL: r.result.HTTP.URL, Want: r.opt.HTTP.Status, Status: r.result.HTTP.Status, Err: err,
			Attempts: r.result.HTTP.Attempts, Timeout: r.opt.Timeout, Log: r.log.String(),
		}
	}
	r.result.HTTP.After = time.Since(c.started)
	return nil
}

var errNotHealthy = errors.New("no attempt was answered as wanted")

// poll asks until it gets the status wanted, done is closed, or ctx is over; it
// returns nil only for the first, else the error of the last attempt.
func poll(ctx context.Context, done <-chan struct{}, ask asker, want int, res *HTTPResult, progress func(Event)) error {
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
		attempt, stop := context.WithTimeout(ctx, attemptTime)
		status, err := ask(attempt)
		stop()
		if ctx.Err() != nil && err != nil {
			// Broken off, not answered: the attempt before says more.
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

// asker picks the way to reach the container's port.
func (c *running) asker() asker {
	probe := c.run.opt.HTTP
	switch {
	case c.ns != nil:
		return probe.asker(c.ns.dial)
	case c.run.opt.HostNetwork:
		return probe.asker(new(net.Dialer).DialContext)
	default:
		return c.askInside
	}
}

func (p *HTTPProbe) url(host string) string {
	return "http://" + net.JoinHostPort(host, strconv.Itoa(p.Port)) + p.Path
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// asker makes requests over connections of its own: a new one each time, no
// proxy, no redirects, the loopback's IPv4 address first.
func (p *HTTPProbe) asker(dial dialFunc) asker {
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
			return 0, fmt.Errorf("making request: %w", err)
		}
		for name, values := range p.Header {
			req.Header[http.CanonicalHeaderKey(name)] = values
		}
		if host := req.Header.Get("Host"); host != "" {
			req.Host = host
		}
		resp, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		// An answer counts when it is there in full, within reason.
		if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
			return 0, fmt.Errorf("reading answer with status %d: %w", resp.StatusCode, err)
		}
		return resp.StatusCode, nil
	}
}
