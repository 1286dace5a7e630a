package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

// Range is the part of a file from Offset to its end. Validator is what an
// earlier [Body] of the same URL had: where the file is another one by now, the
// server sends all of it. Without one, the caller must be able to tell.
type Range struct {
	Offset    int64
	Validator string
}

// Body is a file's content as it comes.
type Body struct {
	io.ReadCloser
	// Offset is where the content begins: what was asked for, or 0.
	Offset int64
	// Size is that of the whole file in bytes, -1 where it isn't known.
	Size int64
	// Validator is the file's, for a [Range]; "" where the server has none.
	Validator string
	// Modified is when the file was altered last, zero where it isn't known.
	Modified time.Time
}

// Adopt takes a URL that the user gave, as a lock's are: its host may be spoken
// to, and credentials in it are kept for its origin. It returns the URL without
// them, for [Client.Open].
func (c *Client) Adopt(text string) (string, error) {
	u, err := c.adopt(text)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// Open opens the file at a URL without credentials, or of a file URL. It makes
// one try; see [Client.Retry]. The content may end before the file does. The
// error is [ErrRange] where the file has no such part.
func (c *Client) Open(ctx context.Context, address string, r Range) (*Body, error) {
	if path, ok := LocalPath(address); ok {
		return openLocal(path, r)
	}
	u, err := parseURL(address)
	if err != nil {
		return nil, fmt.Errorf("opening a file: %w", err)
	}
	u.User = nil
	// Transparent compression would make offsets mean something else.
	header := map[string]string{"Accept-Encoding": "identity", "Accept": "*/*"}
	if r.Offset > 0 {
		header["Range"] = fmt.Sprintf("bytes=%d-", r.Offset)
		if r.Validator != "" {
			header["If-Range"] = r.Validator
		}
	}
	resp, err := c.send(ctx, c.files, u, header)
	if err != nil {
		return nil, describe(err, "", u.Host)
	}
	b := &Body{ReadCloser: resp.Body, Size: -1, Validator: validator(resp.Header)}
	if t, err := http.ParseTime(resp.Header.Get("Last-Modified")); err == nil {
		b.Modified = t
	}
	switch resp.StatusCode {
	case http.StatusOK:
		b.Size = resp.ContentLength
		return b, nil
	case http.StatusPartialContent:
		got, err := parseContentRange(resp.Header.Get("Content-Range"))
		// A server may send less than was asked for (RFC 9110, 15.3.7).
		if err == nil && r.Offset > 0 && got.first == r.Offset {
			b.Offset, b.Size = got.first, got.size
			return b, nil
		}
		resp.Body.Close()
		if err == nil {
			err = contentError("got a different range than requested")
		}
		return nil, describe(err, "", u.Host)
	}
	return nil, describe(refused(resp), "", u.Host)
}

// openLocal opens a file of this machine.
func openLocal(path string, r Range) (*Body, error) {
	f, fi, err := osfile.OpenRegular(path)
	if err != nil {
		return nil, &Error{Op: fmt.Sprintf("opening %q", path), cause: osfile.WithoutPath(err)}
	}
	if r.Offset > fi.Size() {
		return nil, errors.Join(&Error{Op: "reading", kind: ErrRange}, f.Close())
	}
	if _, err := f.Seek(r.Offset, io.SeekStart); err != nil {
		return nil, errors.Join(&Error{Op: "reading", cause: osfile.WithoutPath(err)}, f.Close())
	}
	return &Body{ReadCloser: f, Offset: r.Offset, Size: fi.Size(), Modified: fi.ModTime()}, nil
}

// validator returns what tells one version of a file from another byte by byte
// (RFC 9110, 13.1.5): a strong entity tag, else the time of the last change.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return h.Get("Last-Modified")
}

// contentRange is what a Content-Range header says, in bytes. The size is -1
// where it isn't known.
type contentRange struct{ first, last, size int64 }

// parseContentRange reads "bytes 0-9/100" (RFC 9110, 14.4).
func parseContentRange(s string) (contentRange, error) {
	bad := func() (contentRange, error) {
		return contentRange{}, contentError("invalid Content-Range %.60q", s)
	}
	unit, rest, ok := strings.Cut(strings.TrimSpace(s), " ")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return bad()
	}
	span, size, ok := strings.Cut(strings.TrimSpace(rest), "/")
	first, last, ok2 := strings.Cut(span, "-")
	if !ok || !ok2 {
		return bad()
	}
	r := contentRange{size: -1}
	for _, part := range []struct {
		text string
		to   *int64
	}{{first, &r.first}, {last, &r.last}, {size, &r.size}} {
		if part.to == &r.size && part.text == "*" {
			continue
		}
		n, err := strconv.ParseUint(part.text, 10, 62)
		if err != nil {
			return bad()
		}
		*part.to = int64(n)
	}
	if r.first > r.last || r.size >= 0 && r.last >= r.size {
		return bad()
	}
	return r, nil
}

// String returns r as a header has it.
func (r contentRange) String() string {
	if r.size < 0 {
		return fmt.Sprintf("bytes %d-%d/*", r.first, r.last)
	}
	return fmt.Sprintf("bytes %d-%d/%d", r.first, r.last, r.size)
}
