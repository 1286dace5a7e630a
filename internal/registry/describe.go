package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/assemble-image/assemble/internal/wire"
)

// maxErrorBody bounds what is read of an error's body, in bytes.
const maxErrorBody = 64 << 10

// describe turns any failure of a request into an [*Error] that names the
// operation and the repository. Cancellation stays what it is.
func describe(op string, repo name.Repository, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) && !errors.Is(err, ErrStalled) {
		return fmt.Errorf("%s: %w", op, context.Canceled)
	}
	e := toError(err)
	if e.Op == "" {
		e.Op = op
	}
	if e.Repository == "" {
		e.Repository = repo.Name()
	}
	return e
}

// toError classifies a failure. The message is made of parts that can't hold
// a credential: never of URLs, whose queries may be signed.
func toError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		copied := *e
		return &copied
	}
	var te *transport.Error
	if errors.As(err, &te) {
		return fromTransport(te)
	}
	e = &Error{cause: err, Kind: networkKind(err), Detail: detail(err)}
	return e
}

// networkKind finds the sentinel for a failure without an answer.
func networkKind(err error) error {
	for _, kind := range []error{ErrStalled, ErrInsecure, ErrContent} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	var op *net.OpError
	var dns *net.DNSError
	if errors.As(err, &dns) || (errors.As(err, &op) && op.Op == "dial") {
		return ErrUnreachable
	}
	return nil
}

// detail is an error's text without URLs and without the kind's own words.
func detail(err error) string {
	var host string
	var u *url.Error
	for errors.As(err, &u) {
		if parsed, perr := url.Parse(u.URL); perr == nil {
			host = parsed.Host
		}
		err = u.Err
	}
	text := oneLine(err.Error())
	for _, kind := range []error{ErrStalled, ErrInsecure, ErrContent} {
		text = strings.TrimPrefix(text, kind.Error()+": ")
	}
	if host != "" {
		text = host + ": " + text
	}
	return text
}

// fromTransport translates what ggcr reports of its handshake with a registry
// or its token server.
func fromTransport(te *transport.Error) *Error {
	msgs := make([]string, 0, len(te.Errors))
	for _, d := range te.Errors {
		msgs = append(msgs, join(string(d.Code), d.Message))
	}
	e := &Error{Status: te.StatusCode, Kind: statusKind(te.StatusCode), Detail: oneLine(strings.Join(msgs, "; "))}
	if te.Request != nil && te.Request.URL != nil {
		e.Detail = oneLine(join(te.Request.URL.Host, e.Detail))
	}
	return e
}

// checkStatus returns an [*Error] for an answer whose status is not wanted.
// It reads the body then.
func checkStatus(resp *http.Response, want ...int) error {
	if slices.Contains(want, resp.StatusCode) {
		return nil
	}
	e := &Error{
		Status:     resp.StatusCode,
		Kind:       statusKind(resp.StatusCode),
		RetryAfter: wire.RetryAfter(resp.Header, time.Now()),
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		return e // the status tells more than a broken body
	}
	var doc struct {
		Errors []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &doc) != nil {
		return e // an HTML page, as a rule
	}
	var msgs []string
	for _, d := range doc.Errors {
		msgs = append(msgs, join(d.Code, d.Message))
		if d.Code == "TOOMANYREQUESTS" {
			e.Kind = ErrRateLimited
		}
	}
	e.Detail = oneLine(strings.Join(msgs, "; "))
	return e
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ": " + b
}

func statusKind(status int) error {
	switch status {
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrDenied
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusTooManyRequests:
		return ErrRateLimited
	}
	return nil
}
