package registry

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/assemble-image/assemble/internal/wire"
)

// Kinds of failures, for errors.Is.
var (
	// ErrUnauthorized: the registry wants (other) credentials.
	ErrUnauthorized = errors.New("authentication required")
	// ErrDenied: the credentials don't permit it.
	ErrDenied = errors.New("access denied")
	// ErrNotFound: no such repository, manifest or blob.
	ErrNotFound = errors.New("not found")
	// ErrUnreachable: no connection to the registry.
	ErrUnreachable = errors.New("unreachable")
	// ErrRateLimited: the registry says that there were too many requests.
	ErrRateLimited = errors.New("rate limited")
	// ErrStalled: a request made no progress for too long.
	ErrStalled = wire.ErrStalled
	// ErrInsecure: plain HTTP, or an address that a registry has no business
	// to send us to.
	ErrInsecure = wire.ErrInsecure
	// ErrContent: what a registry sent is not what was asked for or announced.
	ErrContent = errors.New("wrong content")
)

// maxDetail bounds what is repeated of a registry's message, in bytes.
const maxDetail = 300

// Error is a failure of a registry.
type Error struct {
	// Op says what was done, with a gerund: `pushing layer "sha256:…"`.
	Op string
	// Repository is the registry and the repository in it.
	Repository string
	// Kind is one of the sentinels of this package, or nil.
	Kind error
	// Status is the HTTP status, 0 where there was no answer.
	Status int
	// Detail is the registry's or the network's own message, on one line.
	Detail string
	// Login is set where the registry wants other credentials.
	Login *Login
	// RetryAfter is how long the registry asks to wait.
	RetryAfter time.Duration

	cause error
}

// Error returns one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		fmt.Fprintf(&b, "%s: ", e.Op)
	}
	if e.Repository != "" {
		fmt.Fprintf(&b, "%s: ", e.Repository)
	}
	switch {
	case e.Kind != nil && e.Status != 0:
		fmt.Fprintf(&b, "%v (HTTP %d)", e.Kind, e.Status)
	case e.Kind != nil:
		b.WriteString(e.Kind.Error())
	case e.Status != 0:
		fmt.Fprintf(&b, "unexpected answer (HTTP %d %s)", e.Status, http.StatusText(e.Status))
	}
	if e.Login != nil {
		fmt.Fprintf(&b, ": %s", e.Login.Detail)
	}
	if e.Detail != "" {
		if e.Kind != nil || e.Status != 0 {
			b.WriteString(": ")
		}
		b.WriteString(e.Detail)
	}
	return b.String()
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Login != nil {
		errs = append(errs, e.Login.Kind)
	}
	for _, err := range []error{e.Kind, e.cause} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// contentError says how an answer is wrong.
func contentError(format string, args ...any) *Error {
	return &Error{Kind: ErrContent, Detail: oneLine(fmt.Sprintf(format, args...))}
}

// oneLine makes a message from outside fit for one line of a terminal: its
// first line, without control characters, bounded.
func oneLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if len(s) > maxDetail {
		s = strings.ToValidUTF8(s[:maxDetail], "") + "…"
	}
	return strings.TrimSpace(s)
}
