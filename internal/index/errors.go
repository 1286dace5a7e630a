package index

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/assemble-image/assemble/wheels/pep508"
)

// Kinds of failures, for errors.Is. Those of the network and of safety are
// wire.ErrStalled and wire.ErrInsecure.
var (
	// ErrNotFound: no index knows the project, or the file is gone.
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized: the index wants (other) credentials.
	ErrUnauthorized = errors.New("authentication required")
	// ErrDenied: the credentials don't permit it.
	ErrDenied = errors.New("access denied")
	// ErrRateLimited: the index says that there were too many requests.
	ErrRateLimited = errors.New("rate limited")
	// ErrOffline: it would take a request, and none may be made.
	ErrOffline = errors.New("not in the cache, and offline")
	// ErrContent: the index's answer is not what the standards want it to be.
	ErrContent = errors.New("wrong content")
	// ErrRange: the server has no such part of the file.
	ErrRange = errors.New("no such range")
)

// maxDetail bounds what is repeated of a message from outside, in bytes: more
// than the longest name in a wheel takes, so that the reason behind it is told.
const maxDetail = 4000

// Error is a failure of an index.
type Error struct {
	// Op says what was done, with a gerund.
	Op string
	// Server is the host that was asked, with its port; "" for all.
	Server string
	// Status is the HTTP status, 0 where there was no answer.
	Status int
	// RetryAfter is how long the server asks to wait.
	RetryAfter time.Duration

	kind, cause error
}

// Error returns one line without secrets.
func (e *Error) Error() string {
	var parts []string
	for _, s := range []string{e.Op, e.Server} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	switch {
	case e.kind != nil && e.Status != 0:
		parts = append(parts, fmt.Sprintf("%v (HTTP %d)", e.kind, e.Status))
	case e.kind != nil:
		parts = append(parts, e.kind.Error())
	case e.Status != 0:
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("unexpected answer (HTTP %d %s", e.Status, http.StatusText(e.Status)))+")")
	}
	if e.cause != nil {
		parts = append(parts, oneLine(e.cause.Error()))
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	var errs []error
	for _, err := range []error{e.kind, e.cause} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// statusError returns the error of an answer that is not what was wanted.
func statusError(resp *http.Response, after time.Duration) *Error {
	e := &Error{Server: resp.Request.URL.Host, Status: resp.StatusCode, RetryAfter: after}
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		e.kind = ErrNotFound
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		e.kind = ErrUnauthorized
	case http.StatusForbidden:
		e.kind = ErrDenied
	case http.StatusTooManyRequests:
		e.kind = ErrRateLimited
	case http.StatusRequestedRangeNotSatisfiable:
		e.kind = ErrRange
	}
	return e
}

// contentError says how an answer is wrong.
func contentError(format string, args ...any) *Error {
	return &Error{kind: ErrContent, cause: fmt.Errorf(format, args...)}
}

// describe adds what was done and where to an error. The URL that net/http
// puts around errors goes.
func describe(err error, op, server string) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		d := *e
		if d.Op == "" {
			d.Op = op
		}
		if d.Server == "" {
			d.Server = server
		}
		return &d
	}
	return &Error{Op: op, Server: server, cause: bare(err)}
}

// bare takes the URL that net/http puts around errors off.
func bare(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

// oneLine makes a message from outside fit for one line of a terminal, without
// secrets in URLs.
func oneLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, pep508.Redact(s))
	if len(s) > maxDetail {
		s = strings.ToValidUTF8(s[:maxDetail], "") + "…"
	}
	return strings.TrimSpace(s)
}
